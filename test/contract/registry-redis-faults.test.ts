// The registry while its Redis is away, frozen, killed, emptied or behind: requests go on with the last snapshot,
// writes fail fast and truthfully, and no platform is lost while any hub lives (reliability.md G).

import { afterEach, describe, expect, it } from 'vitest'
import { openRedis } from '../../src/journal/redis.ts'
import { createRegistry, type RegistryOptions } from '../../src/registry/create-registry.ts'
import type { Registry } from '../../src/registry/registry.ts'
import { createRedisStore } from '../../src/registry/redis.ts'
import { inTime, timed } from '../support/in-time.ts'
import { kept, platform, role, SECRET } from '../support/platforms.ts'
import { PATIENT, startRedis, type RedisHandle, type RedisServerOptions } from '../support/redis.ts'
import { waitFor } from '../support/wait.ts'

const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

async function server(options?: RedisServerOptions): Promise<RedisHandle> {
  const redis = await startRedis(options)
  cleanups.push(() => redis.end())
  return redis
}

async function hub({ url }: RedisHandle, options: Partial<RegistryOptions> = {}, deadlines = {}) {
  const connection = openRedis({ url, keyPrefix: 'ocpi-hub:', ...deadlines })
  cleanups.push(() => connection.close())
  const registry = await createRegistry(createRedisStore(connection), { secretKeys: [SECRET], ...options })
  cleanups.push(() => registry.close())
  return registry
}

const patientHub = (redis: RedisHandle) => hub(redis, {}, PATIENT)
const names = (registry: Registry) => [...registry.table().connections.keys()].toSorted()

/** Puts platforms p0, p1 … */
async function fill(registry: Registry, count: number): Promise<string[]> {
  const platforms = Array.from({ length: count }, (_, number) =>
    platform(`p${number}`, { roles: [role(`NL-${String(number).padStart(3, '0')} CPO`)] }),
  )
  for (const result of await Promise.all(platforms.map((one) => registry.put(one)))) kept(result)
  return platforms.map((one) => one.id).toSorted()
}

/** How long it takes until a change is refused. */
const refused = (change: () => Promise<unknown>): Promise<number> =>
  timed(() => expect(change()).rejects.toMatchObject({ code: 'store_unavailable' }))
const refusedAtOnce = (change: () => Promise<unknown>) => inTime(1_000, () => refused(change))

describe('Redis is down at boot', () => {
  it('starts with the platforms of the file, says so, and has the others within 2 s of its return', async () => {
    const redis = await server({ appendonly: 'always' })
    await fill(await hub(redis), 3)
    await redis.stop()
    const open = () => hub(redis, { filePlatforms: [platform('static', { source: 'file' })] })
    await inTime(1_000, () => timed(open))
    const registry = await open()
    expect(names(registry)).toEqual(['static'])
    expect(registry.health()).toMatchObject({ up: false, loaded: false })
    expect(registry.health().reason).toMatch(/ECONNREFUSED/)
    await refusedAtOnce(() => registry.put(platform('new')))
    await inTime(2_000, async (turn) => {
      if (turn > 0) await redis.stop()
      await waitFor(() => !registry.health().up)
      await redis.start()
      return timed(() => waitFor(() => registry.health().up && registry.health().loaded))
    })
    expect(names(registry)).toEqual(['p0', 'p1', 'p2', 'static'])
    expect(registry.health().reason).toBeUndefined()
  })

  it('is not ready, with the reason, when Redis returns with the registry of another secret_key', async () => {
    const redis = await server({ appendonly: 'always' })
    await fill(await hub(redis), 2)
    await redis.stop()
    const registry = await hub(redis, { secretKeys: [Buffer.alloc(32, 9)] })
    await redis.start()
    await waitFor(() => /secret_key does not fit/.test(registry.health().reason ?? ''))
    expect(registry.health()).toMatchObject({ up: false, loaded: false })
    await refused(() => registry.put(platform('acme')))
  })
})

describe('Redis stops answering', () => {
  it('keeps the snapshot while Redis is frozen, fails writes in less than 1 s, and carries none of them out later', async () => {
    const redis = await server()
    const [registry, other] = [await hub(redis), await hub(redis)]
    const ids = await fill(registry, 3)
    await waitFor(() => names(other).length === 3)
    const [standing] = [...registry.table().connections.values()]
    await redis.pause()
    const acme = platform('acme')
    const changed = { ...standing!.platform, status: 'SUSPENDED' as const }
    const changes = [
      () => registry.put(acme),
      () => registry.put(changed),
      () => other.remove(other.table().connections.get('p2')!.platform),
    ]
    await inTime(1_000, () => timed(() => Promise.all(changes.map(refused))))
    await waitFor(() => !registry.health().up && !other.health().up)
    expect(names(registry)).toEqual(ids)
    expect(registry.health().loaded).toBe(true)
    await waitFor(() => registry.health().stalenessSeconds > 1)
    await redis.resume()
    await waitFor(() => registry.health().up && other.health().up)
    expect(await redis.command('HKEYS', '{ocpi-hub}:platforms')).toEqual(expect.not.arrayContaining(['acme']))
    expect([names(registry), names(other)]).toEqual([ids, ids])
    for (const one of [acme, changed]) kept(await registry.put(one))
  })

  it("tells within 1 s that an operator's decision about a shrunk registry was not carried out", async () => {
    const redis = await server()
    const registry = await hub(redis)
    const ids = await fill(registry, 5)
    await redis.flush()
    await waitFor(() => registry.health().alarm === 'registry_shrunk')
    await redis.pause()
    await refusedAtOnce(() => registry.restore())
    await refusedAtOnce(() => registry.confirmShrink())
    await redis.resume()
    await waitFor(
      () => registry.health().alarm === 'registry_shrunk' && !/Redis/.test(registry.health().reason!),
    )
    await registry.restore()
    expect(names(registry)).toEqual(ids)
  })

  it('gives up a connection that stays silent, and comes back when Redis does', async () => {
    const redis = await server()
    const registry = await hub(redis)
    const ids = await fill(registry, 3)
    await redis.pause()
    await waitFor(() => /not connected/.test(registry.health().reason ?? ''))
    expect(names(registry)).toEqual(ids)
    await redis.resume()
    await waitFor(() => registry.health().up)
    kept(await registry.put(platform('acme')))
  })

  it('keeps the snapshot when Redis is killed, and goes on in both directions when it is back', async () => {
    const redis = await server({ appendonly: 'always' })
    const [one, other] = [await hub(redis), await hub(redis)]
    const ids = await fill(one, 3)
    await waitFor(() => names(other).length === 3)
    await redis.kill9()
    await refusedAtOnce(() => one.put(platform('acme')))
    expect(names(one)).toEqual(ids)
    await redis.start()
    await waitFor(() => one.health().up && other.health().up)
    kept(await one.put(platform('acme')))
    // The other one may not have missed its connection yet, or be between two tries to connect.
    await waitFor(() => other.table().connections.has('acme'))
    kept(await other.put(platform('beta')))
    await waitFor(() => one.table().connections.has('beta'))
  })

  it('hears of changes by its poll when messages get lost', async () => {
    const redis = await server()
    const [one, other] = [await hub(redis), await hub(redis)]
    await redis.command('CLIENT', 'KILL', 'TYPE', 'pubsub')
    kept(await one.put(platform('acme')))
    await waitFor(() => other.table().connections.has('acme'))
  })

  it('does not take a write twice when the connection breaks under it', async () => {
    const redis = await server()
    const registry = await hub(redis)
    const acme = kept(await registry.put(platform('acme')))
    let standing = acme
    for (let round = 0; round < 20; round++) {
      const change = { ...standing, lastUpdated: `round ${round}` }
      const [result] = await Promise.all([
        registry.put(change).catch(() => undefined),
        redis.command('CLIENT', 'KILL', 'TYPE', 'normal').catch(() => undefined),
      ])
      await waitFor(() => registry.health().up)
      standing = await waitFor(() => registry.table().connections.get('acme')?.platform)
      if (result?.ok) expect(standing).toEqual(result.platform)
    }
    expect(standing.revision).toBeLessThanOrEqual(acme.revision + 20)
  })
})

describe('Redis has lost data', () => {
  it('keeps the snapshot of an emptied Redis, refuses writes, and writes all back when told to', async () => {
    const redis = await server()
    const [one, other] = [await patientHub(redis), await patientHub(redis)]
    const ids = await fill(one, 5)
    await waitFor(() => names(other).length === 5)
    await redis.flush()
    for (const registry of [one, other]) {
      await waitFor(() => registry.health().alarm === 'registry_shrunk')
      expect(names(registry)).toEqual(ids)
      expect(registry.health().reason).toContain('far fewer platforms')
    }
    await refusedAtOnce(() => one.put(platform('acme')))
    await one.restore()
    expect(one.health()).toMatchObject({ up: true, loaded: true })
    expect(one.health().alarm).toBeUndefined()
    await waitFor(() => other.health().alarm === undefined)
    expect(names(await patientHub(redis))).toEqual(ids)
    expect(names(other)).toEqual(ids)
    kept(await other.put(platform('acme')))
  })

  it('takes the emptied Redis for right when that is confirmed, on every hub', async () => {
    const redis = await server()
    const [one, other] = [await patientHub(redis), await patientHub(redis)]
    await fill(one, 5)
    await waitFor(() => names(other).length === 5)
    await redis.flush()
    // A hub that comes new knows of no loss and may already have registered somebody.
    const fresh = await patientHub(redis)
    kept(await fresh.put(platform('p1', { inbound: [] })))
    await waitFor(() => one.health().alarm && other.health().alarm)
    await one.confirmShrink()
    expect(one.health().alarm).toBeUndefined()
    await waitFor(() => other.health().alarm === undefined)
    for (const registry of [one, other, fresh]) {
      expect(names(registry)).toEqual(['p1'])
      expect(registry.table().connections.get('p1')?.platform.inbound).toEqual([])
    }
    kept(await one.put(platform('p0')))
  })

  it('notices at the next write that a part is gone, and writes it back', async () => {
    const redis = await server()
    const registry = await patientHub(redis)
    const ids = await fill(registry, 5)
    const one = registry.table().connections.get('p1')!.platform
    await redis.command('HDEL', '{ocpi-hub}:platforms', 'p1', 'p2')
    expect(await registry.put({ ...one, status: 'OFFLINE' })).toEqual({ ok: false, conflict: 'stale' })
    await waitFor(async () => (await redis.command('HLEN', '{ocpi-hub}:platforms')) === 5)
    expect(names(registry)).toEqual(ids)
    kept(await registry.put({ ...one, status: 'OFFLINE' }))
    await redis.command('DEL', '{ocpi-hub}:head')
    kept(await registry.put({ ...registry.table().connections.get('p2')!.platform, status: 'OFFLINE' }))
    await waitFor(() => registry.health().up)
    const fresh = await patientHub(redis)
    expect(fresh.table().connections.get('p2')?.platform.status).toBe('OFFLINE')
    expect(names(fresh)).toEqual(ids)
  })

  it('does not alarm when platforms are removed by the hubs, however many', async () => {
    const redis = await server()
    const [one, other] = [await patientHub(redis), await patientHub(redis)]
    await fill(one, 10)
    for (const { platform: gone } of one.table().connections.values()) kept(await one.remove(gone))
    await waitFor(() => names(other).length === 0)
    for (const registry of [one, other]) expect(registry.health().alarm).toBeUndefined()
  })

  it('writes back what a restarted Redis had not yet on its disk, removals included', async () => {
    const redis = await server({ appendonly: 'always' })
    const registry = await patientHub(redis)
    const ids = await fill(registry, 8)
    await redis.command('CONFIG', 'SET', 'appendonly', 'no')
    const gone = registry.table().connections.get('p0')!.platform
    kept(await registry.remove(gone))
    const changed = kept(
      await registry.put({ ...registry.table().connections.get('p1')!.platform, status: 'OFFLINE' }),
    )
    kept(await registry.put(platform('late')))
    const expected = ['late', ...ids.slice(1)]
    await redis.kill9()
    await redis.start()
    await waitFor(() => registry.health().up && names(registry).join() === expected.join())
    const fresh = await patientHub(redis)
    await waitFor(() => names(fresh).join() === expected.join())
    expect(fresh.table().connections.get('p1')?.platform).toEqual(changed)
    expect(registry.health().alarm).toBeUndefined()
  })

  it('loses no acknowledged platform when Redis is killed under writes while a hub lives', async () => {
    const redis = await server({ appendonly: 'everysec' })
    const registry = await patientHub(redis)
    const acknowledged = new Set(await fill(registry, 20))
    for (let round = 0; round < 3; round++) {
      let writing = true
      const writer = (async () => {
        for (let number = 0; writing; number++) {
          const id = `w${round}-${number}`
          const result = await registry.put(platform(id)).catch(() => undefined)
          if (result?.ok) acknowledged.add(id)
          await new Promise((resolve) => setTimeout(resolve, 5))
        }
      })()
      const before = acknowledged.size
      await waitFor(() => acknowledged.size > before + 10)
      await redis.kill9()
      await redis.start()
      await waitFor(() => registry.health().up)
      writing = false
      await writer
    }
    const fresh = await patientHub(redis)
    await waitFor(() => [...acknowledged].every((id) => fresh.table().connections.has(id)))
    expect([...acknowledged].every((id) => registry.table().connections.has(id))).toBe(true)
  })
})
