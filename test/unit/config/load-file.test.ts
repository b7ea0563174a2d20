// Files that cannot be read: said as faults like all others.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { formatFault, loadConfig } from '../../../src/config/load.ts'
import { selfSigned } from '../../support/certificates.ts'

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

  test('looks for no file of a variable that stands in a comment, or in a default that is not needed', async () => {
    const path = await file('comment.yaml', `${HUB}# \${KEY}\nsecret_key: \${OTHER:-\${KEY:-}}`)
    const OTHER = Buffer.alloc(32, 5).toString('base64')
    expect((await loadConfig(path, { OTHER, KEY_FILE: '/none' })).faults).toEqual([])
  })

  test('reports files that cannot be read together with all other faults', async () => {
    const path = await file(
      'many.yaml',
      `${HUB}listen: { ocpi: { tls: { cert: /none, key: /none } } }\nadmin: { token: "\${KEY:-}" }\nlogg: 1\njournal: { max_entries: 0 }`,
    )
    expect((await loadConfig(path, { KEY_FILE: '/none' })).faults.map(formatFault)).toEqual([
      `${path}:2:32: listen.ocpi.tls.cert: there is no such file`,
      `${path}:2:44: listen.ocpi.tls.key: there is no such file`,
      `${path}:3:17: KEY_FILE: there is no such file`,
      `${path}:4:1: logg: unknown key (did you mean "log"?)`,
      `${path}:5:25: journal.max_entries: must be a whole number from 1 to 100000000`,
    ])
  })

  test('looks whether the files of a listener can be read', async () => {
    const { key } = await pair('read')
    const path = await withTls({ cert: directory, key, client_ca: `${directory}/ca.crt` })
    expect((await loadConfig(path, {})).faults.map(formatFault)).toEqual([
      `${path}:5:13: listen.ocpi.tls.cert: this is a directory`,
      `${path}:7:18: listen.ocpi.tls.client_ca: there is no such file`,
    ])
  })

  test('looks whether they hold what they should, and belong together', async () => {
    const one = await pair('one')
    const other = await pair('other')
    const junk = await file('junk', 'no PEM')
    const faults = async (files: Record<string, string>) =>
      (await loadConfig(await withTls(files), {})).faults.map(({ line, message }) => `${line}: ${message}`)
    expect(await faults({ ...one, client_ca: other.cert })).toEqual([])
    expect(await faults({ cert: junk, key: junk, client_ca: junk })).toEqual([
      '5: listen.ocpi.tls.cert: the file does not hold a certificate in PEM',
      '6: listen.ocpi.tls.key: the file does not hold a private key without passphrase in PEM',
      '7: listen.ocpi.tls.client_ca: the file does not hold a certificate in PEM',
    ])
    expect(await faults({ cert: one.cert, key: other.key })).toEqual([
      '6: listen.ocpi.tls.key: does not belong to the certificate in cert',
    ])
  })
})

/** A certificate and its key as files. */
async function pair(name: string): Promise<{ cert: string; key: string }> {
  const { cert, key } = await selfSigned()
  return { cert: await file(`${name}.crt`, cert), key: await file(`${name}.key`, key) }
}

function withTls(files: Readonly<Record<string, string>>): Promise<string> {
  const lines = Object.entries(files).map(([name, path]) => `      ${name}: ${path}`)
  return file('tls.yaml', [`${HUB}listen:`, '  ocpi:', '    tls:', ...lines].join('\n'))
}
