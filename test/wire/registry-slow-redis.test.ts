// `ocpi-hub registry` straight at a Redis that answers later than any request could wait for.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { PUBLIC_URL } from '../support/config.ts'
import { makeDirectory } from '../support/directory.ts'
import { startRedis } from '../support/redis.ts'
import { fillRegistry } from '../support/registry-filler.ts'
import { slowTunnel } from '../support/slow-tunnel.ts'
import { cli } from '../unit/cli/run.ts'

it('a registry is imported and exported all the same: nobody waits for it', async () => {
  const redis = await startRedis()
  onTestFinished(() => redis.end())
  const tunnel = await slowTunnel(redis.port, 450)
  onTestFinished(() => tunnel.close())
  const directory = makeDirectory()
  onTestFinished(() => directory.remove())
  const [config, backup, copy] = ['hub.yaml', 'backup.json', 'copy.json'].map((name) =>
    join(directory.path, name),
  )
  writeFileSync(backup!, JSON.stringify(await fillRegistry({ platforms: 1, partiesEach: 2 })))
  const hub = { country_code: 'NL', party_id: 'HUB', name: 'Hub', public_url: PUBLIC_URL }
  const registry = { driver: 'redis', url: tunnel.url }
  const secret = Buffer.alloc(32, 7).toString('base64')
  writeFileSync(config!, JSON.stringify({ hub, registry, secret_key: secret }))

  const imported = await cli(['registry', 'import', backup!, '--config', config!])
  expect(imported).toEqual({ code: 0, out: '1 platform imported', err: '' })
  const exported = await cli(['registry', 'export', '--output', copy!, '--config', config!])
  expect(exported).toMatchObject({ code: 0, err: expect.stringContaining('1 platform') })
  const records = (file: string) => (JSON.parse(readFileSync(file, 'utf8')) as { records: object[] }).records
  expect(records(copy!)).toEqual(records(backup!))
})
