// Files that cannot be read: said as faults like all others.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { formatFault, loadConfig } from '../../../src/config/load.ts'

const HUB = 'hub: { country_code: NL, party_id: HUB, name: Hub, public_url: "https://hub.example" }\n'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ocpi-hub-config-'))
})
afterAll(() => rm(directory, { recursive: true }))

async function file(name: string, content: string | Buffer): Promise<string> {
  const path = join(directory, name)
  await writeFile(path, content)
  return path
}

describe('loadConfig', () => {
  test('says that there is no file', async () => {
    const path = join(directory, 'none.yaml')
    expect((await loadConfig(path, {})).faults.map(formatFault)).toEqual([
      `${path}:1:1: there is no such file`,
    ])
  })

  test('says that the file is a directory', async () => {
    expect((await loadConfig(directory, {})).faults.map(formatFault)).toEqual([
      `${directory}:1:1: this is a directory`,
    ])
  })

  test('says that the file is not text', async () => {
    const path = await file('binary.yaml', Buffer.from([0x68, 0xff, 0xfe]))
    expect((await loadConfig(path, {})).faults.map(formatFault)).toEqual([
      `${path}:1:1: the file is not UTF-8 text`,
    ])
  })

  test('reads a file with a byte order mark, its columns unmoved', async () => {
    const path = await file('bom.yaml', `\uFEFF${HUB}foo: 1`)
    expect((await loadConfig(path, {})).faults.map(formatFault)).toEqual([`${path}:2:1: foo: unknown key`])
  })

  test('reads a variable from the file that <NAME>_FILE names', async () => {
    const secret = Buffer.alloc(32, 5)
    const env = {
      KEY_FILE: await file('key', `${secret.toString('base64')}\r\n`),
      NAME: 'set',
      NAME_FILE: '/none',
    }
    const path = await file(
      'secrets.yaml',
      `${HUB.replace('name: Hub', 'name: "${NAME:-unset}"')}secret_key: \${KEY}`,
    )
    const { config, faults } = await loadConfig(path, env)
    expect(faults).toEqual([])
    expect(config).toMatchObject({ secretKeys: [secret], hub: { name: 'set' } })
  })

  test('says which variable has a file that cannot be read, and never falls back to its default', async () => {
    const path = await file('no-secret.yaml', `${HUB}secret_key: \${KEY:-}`)
    const { faults } = await loadConfig(path, { KEY_FILE: join(directory, 'none') })
    expect(faults.map(formatFault)).toEqual([`${path}:2:13: KEY_FILE: there is no such file`])
  })

  test('looks whether the files of a listener can be read', async () => {
    const key = await file('tls.key', '')
    const path = await file(
      'tls.yaml',
      `${HUB}listen:\n  ocpi:\n    tls:\n      cert: ${directory}\n      key: ${key}\n      client_ca: ${directory}/ca.crt`,
    )
    expect((await loadConfig(path, {})).faults.map(formatFault)).toEqual([
      `${path}:5:13: listen.ocpi.tls.cert: this is a directory`,
      `${path}:7:18: listen.ocpi.tls.client_ca: there is no such file`,
    ])
  })
})
