// The command line as a whole: help, exit codes, and the verbs that need no hub.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { execFile } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { createProgram } from '../../../src/cli/program.ts'
import { FAULT_CODES } from '../../../src/faults/table.ts'
import { cli } from './run.ts'

const VERBS = [
  'serve',
  'check',
  'parties',
  'platforms',
  'routes',
  'missed',
  'errors',
  'timeline',
  'explain',
  'view-link',
  'captures',
  'audit',
  'reload',
  'sandbox',
  'healthcheck',
  'completion',
  'version',
]

describe('exit codes', () => {
  test.each(
    [[], ...VERBS.map((verb) => [verb]), ['platforms', 'connect'], ['routes', 'explain']].map((argv) => [
      argv,
    ]),
  )('%j with --help is 0', async (argv) => {
    const { code, out, err } = await cli([...argv, '--help'])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toMatch(/^Usage: ocpi-hub/)
  })

  test.each([
    [[]],
    [['nonsense']],
    [['check', '--nonsense']],
    [['platforms']],
    [['platforms', 'show']],
    [['explain']],
    [['routes', 'explain']],
    [['errors', '--since', 'yesterday']],
    [['errors', '--limit', '0']],
    [['errors', '--from', 'nobody']],
    [['errors', '--at', 'nowhere']],
    [['parties', '--admin-url', 'ftp://x']],
    [['platforms', 'add', 'x', '--party', 'DE-CPO']],
    [['platforms', 'add', 'a b']],
    [['platforms', 'add', '.x']],
    [['platforms', 'connect', '', 'https://cpo.example/ocpi/versions', '--token', 'x']],
    [['completion', 'tcsh']],
    [['errors', '--by', 'nonsense']],
    [['errors', '--by', 'to,to']],
    [['sandbox', '--port', '70000']],
  ])('%j is 2, not understood', async (argv) => {
    const { code, out, err } = await cli(argv)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).not.toBe('')
  })

  test('suggests the verb that was meant', async () => {
    expect((await cli(['plattforms'])).err).toMatch(/Did you mean platforms\?/)
  })

  test('every verb that asks a hub or prints data has --json', () => {
    const program = createProgram({
      env: {},
      coloured: false,
      out() {},
      err() {},
      input: () => Promise.resolve(''),
      stopped: () => new AbortController().signal,
    })
    const leaves = program.commands.flatMap((command) =>
      command.commands.length > 0 ? command.commands : [command],
    )
    const without = leaves
      .filter((command) => !command.options.some(({ long }) => long === '--json'))
      .map((command) => command.name())
    expect(without).toEqual(['serve', 'healthcheck', 'completion'])
  })
})

describe('check', () => {
  test('prints what is in effect, secrets masked, and is 0', async () => {
    const { code, out } = await cli(['check', '--config', 'config/hub.yaml'], {
      env: { OCPI_HUB_ADMIN_TOKEN: 'planted-secret' },
    })
    expect(code).toBe(0)
    expect(out).toMatch(/^# config\/hub\.yaml is valid/)
    expect(out).toContain('token: "********"')
    expect(out).not.toContain('planted-secret')
  })

  test('prints every fault with its place and is 1', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'ocpi-hub-cli-'))
    const path = join(directory, 'bad.yaml')
    await writeFile(
      path,
      'hub: { country_code: NL, party_id: HUB, name: H, public_url: "https://h.example" }\nfoo: 1\nlog: { level: x }\n',
    )
    const places = [
      `${path}:2:1: foo: unknown key`,
      `${path}:3:15: log.level: must be one of fatal, error, warn, info, debug, trace, silent`,
    ]
    expect(await cli(['check', '-c', path])).toEqual({ code: 1, out: '', err: places.join('\n') })
    expect(await cli(['check'], { env: { OCPI_HUB_CONFIG: path } })).toMatchObject({
      code: 1,
      err: places.join('\n'),
    })
    const { code, out } = await cli(['check', '-c', path, '--json'])
    expect(code).toBe(1)
    expect((JSON.parse(out) as { faults: unknown[] }).faults[0]).toEqual({
      file: path,
      line: 2,
      col: 1,
      message: 'foo: unknown key',
    })
    await rm(directory, { recursive: true })
  })
})

describe('explain', () => {
  test.each(FAULT_CODES)('knows %s', async (fault) => {
    const { code, out } = await cli(['explain', fault])
    expect(code).toBe(0)
    expect(out).toMatch(/fault found by the hub\n {2}means/)
  })

  test('lists the faults behind a status code', async () => {
    const { out } = await cli(['explain', '4001'])
    expect(out).toMatch(/^4001 {2}OCPI status code/)
    for (const fault of ['to_unresolved', 'to_unknown', 'to_denied']) expect(out).toContain(`\n${fault} `)
  })

  test('says what older versions are told', async () => {
    expect((await cli(['explain', 'answer_not_ocpi'])).out).toContain(
      'OCPI 4000; 4003 to a requester on 2.2; 3000 to a requester on 2.1.1',
    )
  })

  test('knows codes of platforms that do not answer in OCPI', async () => {
    expect((await cli(['explain', 'order_expired'])).out).toMatch(
      /error of .* as a platform with "errors: ivxp" answers it/,
    )
  })

  test('prints JSON', async () => {
    const { items } = JSON.parse((await cli(['explain', '4002', '--json'])).out) as {
      items: Record<string, unknown>[]
    }
    expect(items[0]).toMatchObject({
      system: 'ocpi',
      code: '4002',
      faults: ['http_response_timeout', 'responder_timeout'],
    })
  })

  test('suggests the code that was meant and is 1', async () => {
    expect(await cli(['explain', 'dns_eror'])).toEqual({
      code: 1,
      out: '',
      err: 'error: no code "dns_eror" is known (did you mean dns_error?)',
    })
  })
})

describe('version', () => {
  test('is that of the package', async () => {
    const { version } = JSON.parse((await cli(['version', '--json'])).out) as { version: string }
    expect((await cli(['--version'])).out).toBe(version)
    expect((await cli(['version'])).out).toMatch(`ocpi-hub ${version} (node `)
  })
})

describe('completion', () => {
  async function complete(...words: string[]): Promise<string[]> {
    const script = (await cli(['completion', 'bash'])).out
    const quoted = words.map((word) => `'${word}'`).join(' ')
    const run = `${script}\nCOMP_WORDS=(ocpi-hub ${quoted}); COMP_CWORD=${words.length}; _ocpi_hub; printf '%s\\n' "\${COMPREPLY[@]}"`
    const { stdout } = await promisify(execFile)('bash', ['-c', run])
    return stdout.split('\n').filter(Boolean)
  }

  test('offers verbs, verbs of verbs, options and choices in bash', async () => {
    expect(await complete('p')).toEqual(['parties', 'platforms', 'probe'])
    expect(await complete('platforms', 'su')).toEqual(['suspend'])
    expect(await complete('errors', '--co')).toEqual(['--code', '--correlation-id'])
    expect(await complete('completion', '')).toEqual(['bash', 'zsh', 'fish', '--help'])
    expect(await complete('routes', 'explain', '--interface', '')).toEqual(['SENDER', 'RECEIVER'])
    expect(await complete('errors', '--to', 'DE-CPO', '--js')).toEqual(['--json'])
  })

  test('leaves files to bash', async () => {
    expect(await complete('check', '--config', '')).toEqual([])
    expect(await complete('check', '-c', '')).toEqual([])
    expect(await complete('routes', 'apply', '')).toEqual([])
    expect(await complete('registry', 'import', '')).toEqual([])
    expect(await complete('routes', 'apply', '--if')).toEqual(['--if-version'])
  })

  test('names every verb in zsh and fish', async () => {
    const { out } = await cli(['completion', 'zsh'])
    expect(out).toMatch(/^#compdef ocpi-hub/)
    for (const verb of VERBS) expect(out).toContain(`"/${verb}")`)
    // Files are offered where nothing else fits, not among the verbs.
    expect(out).toContain('compadd -- ${=words_now} || _files\n')
    const inFish = (await cli(['completion', 'fish'])).out
    for (const verb of VERBS) expect(inFish).toContain(`"__ocpi_hub_at ''" -f -a ${verb} -d '`)
    expect(inFish).toContain(`"__ocpi_hub_at '/routes/explain'" -l interface -x -a "SENDER RECEIVER" -d '`)
  })
})
