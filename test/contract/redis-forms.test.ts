// The forms in which a Redis is met: with users and their rights, behind Sentinels that fail over, as a Cluster,
// over TLS, and with the older protocol.

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { openRedis } from '../../src/journal/redis.ts'
import { createRedisJournal } from '../../src/journal/redis-store.ts'
import { createRedisLinks } from '../../src/links/redis.ts'
import { createRegistry } from '../../src/registry/create-registry.ts'
import { createRedisHeard } from '../../src/registry/redis-heard.ts'
import { createRedisLease } from '../../src/registry/redis-lease.ts'
import type { Registry } from '../../src/registry/registry.ts'
import { createRedisStore } from '../../src/registry/redis.ts'
import { selfSigned } from '../support/certificates.ts'
import { makeDirectory } from '../support/directory.ts'
import { kept, platform, role, SECRET } from '../support/platforms.ts'
import { stablePort } from '../support/ports.ts'
import {
  PATIENT,
  startRedis,
  startSentinel,
  type RedisHandle,
  type RedisServerOptions,
} from '../support/redis.ts'
import { startCluster } from '../support/redis-cluster.ts'
import { waitFor } from '../support/wait.ts'
import { entries } from '../unit/journal/examples.ts'

const cleanups: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

async function server(options?: RedisServerOptions): Promise<RedisHandle> {
  const redis = await startRedis(options)
  cleanups.push(() => redis.end())
  return redis
}

function connect(url: string) {
  const connection = openRedis({ url, keyPrefix: 'ocpi-hub:', ...PATIENT })
  cleanups.push(() => connection.close())
  return connection
}

async function hub(url: string): Promise<Registry> {
  const registry = await createRegistry(createRedisStore(connect(url)), { secretKeys: [SECRET] })
  cleanups.push(() => registry.close())
  return registry
}

/** Every use the hub makes of Redis, once. */
async function useAll(url: string): Promise<void> {
  const redis = connect(url)
  const [one, other] = [await hub(url), await hub(url)]
  await waitFor(() => one.health().loaded && other.health().loaded)
  const acme = kept(await one.put(platform('acme', { roles: [role('NL-CPO CPO')] })))
  await waitFor(() => other.table().connections.has('acme'))
  expect(await other.put(platform('beta', { roles: [role('NL-CPO CPO')] }))).toMatchObject({ holder: 'acme' })
  kept(await one.remove(acme))
  const journal = createRedisJournal(redis, { maxEntries: 100 })
  const [entry] = entries(1)
  const heard: string[] = []
  journal.watch((added) => heard.push(...added.map((one) => one.reference)))
  await journal.append([entry!])
  await waitFor(() => heard.includes(entry!.reference))
  expect(await journal.byCorrelation(entry!.correlation_id)).toEqual([entry])
  await journal.close()
  const links = createRedisLinks(redis)
  expect(await links.get('unknown')).toBeUndefined()
  for await (const link of links.all()) expect(link).toBeUndefined()
  const lease = createRedisLease(redis, { name: 'upkeep' })
  await waitFor(() => lease.holds())
  await lease.close()
  await createRedisHeard(redis)(new Map([['acme', 1]]))
}

/** As docs/redis.md has them. */
const RIGHTS = ['~{ocpi-hub}:*', 'resetchannels', '&{ocpi-hub}:*', '+@all', '-@admin', '-@dangerous', '+info']

describe('the hub and its Redis', () => {
  it('works with a user that may touch nothing but the keys and channels of the hub', async () => {
    const redis = await server()
    await redis.command('ACL', 'SETUSER', 'hub', 'on', '>p@ss/word', ...RIGHTS)
    await redis.command('ACL', 'SETUSER', 'default', 'off')
    await useAll(`redis://hub:p%40ss%2Fword@127.0.0.1:${redis.port}`)
  })

  it('says that it was refused, without the password', async () => {
    const redis = await server({ args: ['--requirepass', 'right-canary'] })
    const registry = await hub(`redis://:wrong-canary@127.0.0.1:${redis.port}`)
    await waitFor(() => /WRONGPASS|NOAUTH/.test(registry.health().reason ?? ''))
    expect(registry.health()).toMatchObject({ up: false, loaded: false })
    expect(registry.health().reason).not.toContain('canary')
  })

  it('loses nothing with a user that may not use its channels', async () => {
    const redis = await server()
    await redis.command('ACL', 'SETUSER', 'hub', 'on', '>secret', ...RIGHTS.filter((one) => one[0] !== '&'))
    const url = `redis://hub:secret@127.0.0.1:${redis.port}`
    const [one, other] = [await hub(url), await hub(url)]
    kept(await one.put(platform('acme')))
    await waitFor(() => other.table().connections.has('acme'))
    await createRedisJournal(connect(url), { maxEntries: 100 }).append(entries(1))
  })

  it('uses no other database than it was told to', async () => {
    const redis = await server({ args: ['--databases', '1'] })
    const registry = await hub(`${redis.url}/1`)
    const tries = async () =>
      Number(/total_connections_received:(\d+)/.exec(String(await redis.command('INFO', 'stats')))?.[1])
    await waitFor(async () => (await tries()) > 5, { what: 'another try' })
    await expect(registry.put(platform('acme'))).rejects.toMatchObject({ code: 'store_unavailable' })
    expect(registry.health()).toMatchObject({ up: false, loaded: false })
    expect(registry.health().reason).toContain('DB index is out of range')
    expect(await redis.command('DBSIZE')).toBe(0)
  })

  it('says what a node of a Cluster said, and nothing that changes with every try', async () => {
    const redis = await server()
    const single = await hub(`redis+cluster://127.0.0.1:${redis.port}`)
    await waitFor(() => single.health().reason?.includes('cluster support disabled'))
    const watched = await hub(`redis+sentinel://127.0.0.1:${await stablePort()}/mymaster`)
    await waitFor(() => watched.health().reason?.includes('All sentinels are unreachable'))
    expect(watched.health().reason).not.toMatch(/Retrying/)
  })

  it('works as a Cluster, with all its keys in one slot', async () => {
    const cluster = await startCluster()
    cleanups.push(() => cluster.end())
    await cluster.onAll(
      'ACL',
      'SETUSER',
      'hub',
      'on',
      '>secret',
      ...RIGHTS,
      '+cluster|slots',
      '+cluster|info',
    )
    await useAll(cluster.url.replace('//', '//hub:secret@'))
    const keys = await cluster.keys()
    expect(keys.length).toBeGreaterThan(5)
    expect(keys.filter((key) => !key.startsWith('{ocpi-hub}:'))).toEqual([])
  })

  it('works over TLS, and only with a server whose certificate it trusts', async () => {
    const directory = makeDirectory()
    cleanups.push(() => directory.remove())
    const { cert, key } = await selfSigned()
    const files = { cert: join(directory.path, 'cert.pem'), key: join(directory.path, 'key.pem') }
    writeFileSync(files.cert, cert)
    writeFileSync(files.key, key)
    const port = await stablePort()
    const listen = ['--tls-port', `${port}`, '--tls-auth-clients', 'no', '--tls-ca-cert-file', files.cert]
    await server({ args: [...listen, '--tls-cert-file', files.cert, '--tls-key-file', files.key] })
    const url = `rediss://127.0.0.1:${port}`
    const registry = await hub(url)
    expect(registry.health()).toMatchObject({ up: false, loaded: false })
    expect(registry.health().reason).toMatch(/self-signed certificate/)
    const trusting = fork(new URL('../support/registry-writer.ts', import.meta.url), [url], {
      execArgv: ['--import', 'tsx'],
      env: { ...process.env, NODE_EXTRA_CA_CERTS: files.cert },
    })
    expect(await once(trusting, 'message')).toContain('w0')
    trusting.kill('SIGKILL')
    await once(trusting, 'exit')
  })

  it('works with the protocol of old proxies', async () => {
    const redis = await server()
    await useAll(`${redis.url}?protocol=2`)
  })

  it('follows the Sentinels to a new master, and acknowledges no write that is lost', async () => {
    // Replicas are served at once, not after the usual 5 s in which more of them may come.
    const master = await server({ args: ['--repl-diskless-sync-delay', '0'] })
    const replica = await server({ args: ['--replicaof', '127.0.0.1', `${master.port}`] })
    await waitFor(async () => String(await replica.command('INFO', 'replication')).includes('link_status:up'))
    const watched = { name: 'mymaster', port: master.port, quorum: 2 }
    const sentinels = await Promise.all([1, 2, 3].map(() => startSentinel(watched)))
    cleanups.push(async () => void (await Promise.all(sentinels.map((sentinel) => sentinel.end()))))
    for (const sentinel of sentinels) {
      await waitFor(async () => {
        const facts = String(await sentinel.command('SENTINEL', 'MASTER', 'mymaster'))
        return facts.includes('num-other-sentinels,2') && facts.includes('num-slaves,1')
      })
    }
    const nodes = sentinels.map((sentinel) => `127.0.0.1:${sentinel.port}`).join(',')
    const registry = await hub(`redis+sentinel://${nodes}/mymaster`)
    const before = kept(await registry.put(platform('before')))
    await master.kill9()
    await expect(registry.put(platform('lost'))).rejects.toMatchObject({ code: 'store_unavailable' })
    expect(registry.table().connections.get('before')?.platform).toEqual(before)
    await waitFor(
      async () =>
        // What was refused for lack of an answer may have been done all the same.
        (await registry.put(platform('after')).catch(() => undefined))?.ok ||
        registry.table().connections.has('after'),
      // Sentinels that a busy machine holds up do nothing for half a minute, out of caution.
      { limitMs: 90_000, what: 'a new master' },
    )
    const stored = (await replica.command('HKEYS', '{ocpi-hub}:platforms')) as string[]
    expect(stored.toSorted()).toEqual(expect.arrayContaining(['after', 'before']))
  }, 180_000)
})
