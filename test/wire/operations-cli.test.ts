// The verbs that operate a hub, against a real one: both sides mean the same, and people can read what is printed.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ADMIN_TOKEN } from '../support/config.ts'
import { makeDirectory } from '../support/directory.ts'
import { ok } from '../support/envelopes.ts'
import { stage, type Scene } from '../support/hub.ts'
import { party, type Party } from '../support/party.ts'
import { waitFor } from '../support/wait.ts'
import { cli } from '../unit/cli/run.ts'

let scene: Scene<{ emsp: Party; cpo: Party }>
const directory = makeDirectory()
beforeAll(async () => {
  scene = await stage({
    emsp: party('NL-EMS', 'EMSP'),
    cpo: party('DE-CPO', 'CPO').answers('*', { json: ok([]) }),
  })
})
afterAll(async () => {
  await scene.close()
  directory.remove()
})

function run(line: string, input?: string) {
  const { adminUrl } = scene.hub
  const env = { OCPI_HUB_ADMIN_URL: adminUrl, OCPI_HUB_ADMIN_TOKEN: ADMIN_TOKEN }
  return cli(line.split(' '), { env, ...(input === undefined ? {} : { input }) })
}

async function runs(line: string, input?: string): Promise<string> {
  const { code, out, err } = await run(line, input)
  expect(code, err).toBe(0)
  return out
}

describe('platforms', () => {
  it('are added, shown, suspended, resumed and removed', async () => {
    expect(await runs('platforms add acme --party fr*acm:CPO')).toMatch(
      /^id: acme\ntoken: [\w-]{43}\nversions_url: http:\/\/hub.example\/ocpi\/versions$/,
    )
    expect(await runs('platforms show acme')).toMatch(/^status: PLANNED$/m)
    expect(await runs('platforms suspend de-cpo')).toMatch(/^status: SUSPENDED$/m)
    expect(await runs('platforms resume de-cpo')).toMatch(/^status: CONNECTED$/m)
    expect(await runs('platforms probe de-cpo')).toMatch(/^ok: true$/m)
    expect(await runs('platforms remove acme')).toMatch(/^peer_told: false$/m)
    expect(await run('platforms rotate de-cpo')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^error: Conflict: de-cpo stands in the hub's configuration file/) as string,
    })
  })
})

describe('routes', () => {
  it('are applied from a file or standard input, listed, put back and reset', async () => {
    const file = join(directory.path, 'routes.yaml')
    writeFileSync(file, 'routes:\n  - { from: "NL-*", to: DE-CPO, module: cdrs, action: deny }\n')
    expect((await run('routes versions')).err).toContain('nobody has set rules')
    expect(await runs(`routes apply ${file}`)).toBe('version 1: 1 rule in effect')
    expect(await runs('routes list')).toMatch(/^1 +NL-\* +DE-CPO +cdrs +any +any +action deny$/m)
    expect(await runs('routes explain --from NL-EMS --to DE-CPO --module cdrs')).toContain('to_denied')
    expect(await runs('routes apply -', '[]')).toBe('version 2: 0 rules in effect')
    expect(await runs('routes restore 1 --if-version 2')).toBe('version 3: 1 rule in effect')
    for (const late of ['routes apply -', 'routes restore 2', 'routes reset']) {
      expect(await run(`${late} --if-version 2`, '[]')).toMatchObject({
        code: 1,
        err: 'error: version 3 is in effect, not 2; nothing was changed. "ocpi-hub routes list" shows it',
      })
    }
    expect(JSON.parse(await runs('routes list --json'))).toMatchObject({ version: 3, source: 'registry' })
    expect(await runs('routes reset --if-version 3')).toBe(
      'version 4: 0 rules of the configuration file in effect',
    )
    expect(await runs('routes versions')).toMatch(/^4 +file +\S+Z +admin$/m)
  })

  it('are read from a configuration as a hub reads it, whatever else it says', async () => {
    const file = join(directory.path, 'hub.yaml')
    const rules = (text: string) => writeFileSync(file, `secret_key: \${NOT_SET}\nroutes:\n  - { ${text} }\n`)
    rules('to: DE-CPO, timeout: ${T:-60s}')
    expect(await runs(`routes apply ${file}`)).toMatch(/1 rule in effect$/)
    expect(await runs('routes list')).toMatch(/timeout 1m$/m)
    rules('to: DE-CPO, timeout: ${T}, action: ')
    expect(await run(`routes apply ${file}`)).toEqual({
      code: 1,
      out: '',
      err: [
        `error: ${file}:3:28: environment variable T is not set and has no default (\${T:-default})`,
        `${file}:3:34: routes[0].action: must have a value, or be left out`,
      ].join('\n'),
    })
    rules('action: deny, action: deny')
    expect((await run(`routes apply ${file}`)).err).toContain(
      ':3:21: not valid YAML: Map keys must be unique',
    )
    await runs('routes reset')
  })

  it('that are wrong are refused with each rule named', async () => {
    expect(await run('routes apply -', '[{ timeout: 5 }, { colour: red }]')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/items\.0\.timeout must be a duration.*items\.1\.colour/) as string,
    })
    expect(await run('routes apply -', 'no: list')).toMatchObject({
      code: 1,
      err: 'error: standard input holds no list of rules; [] is one without any',
    })
    expect(await run('routes apply -', '{{')).toMatchObject({ code: 1 })
    expect(await run('routes apply /nowhere/routes.yaml')).toMatchObject({ code: 1 })
    expect(await run('routes restore zero')).toMatchObject({ code: 2 })
    expect(await run('routes reset --if-version -1')).toMatchObject({ code: 2 })
  })
})

describe('missed', () => {
  it('shows what did not reach a party', async () => {
    expect((await run('missed nl*ems')).err).toBe('NL-EMS has missed nothing')
    scene.emsp.answers('locations', { cut: 'before' })
    for (const id of ['A', 'B', 'C', 'D']) {
      await scene.cpo.puts('locations', { to: 'NL-EMS', path: `/DE/CPO/${id}`, json: {} })
    }
    const text = await waitFor(async () => {
      const { out } = await run('missed NL-EMS')
      return out.includes('/DE/CPO/D') ? out : undefined
    })
    expect(text).toMatch(/^locations +DE-CPO +4 +\S+Z +\S+Z +… \/DE\/CPO\/B \/DE\/CPO\/C \/DE\/CPO\/D$/m)
    expect(JSON.parse(await runs('missed NL-EMS --json')).items[0].paths).toHaveLength(4)
  })
})

describe('captures', () => {
  it('are armed, listed, shown and dropped', async () => {
    expect((await run('captures list')).err).toBe('no captures')
    const { id } = JSON.parse(await runs('captures arm de-cpo tariffs --minutes 2 --json')) as { id: string }
    await scene.emsp.gets('tariffs', { to: 'DE-CPO', path: '/T1' })
    await waitFor(async () => (await runs('captures list')).includes(`${id}  DE-CPO  tariffs  1`))
    const { out, err } = await run(`captures show ${id}`)
    expect(out).toMatch(
      /NL-EMS -> DE-CPO {2}GET \/ocpi\/2\.2\.1\/sender\/tariffs\/T1 {2}1000\n {2}answer, \d+ bytes\n {2}\{/,
    )
    expect(err).toBe('1 exchange')
    expect(await runs(`captures drop ${id}`)).toBe('done')
    expect(await run('captures arm de-cpo tariffs --minutes 16')).toMatchObject({ code: 2 })
  })
})

describe('view-link, audit and reload', () => {
  it('a link is printed alone, so that it can be passed on', async () => {
    const { out, err } = await run('view-link nl-ems --days 3')
    expect(out).toMatch(/^http:\/\/hub\.example\/view\/\S+$/)
    expect(err).toMatch(/^good until \S+Z; whoever has it may look$/)
    expect(await runs('view-link nl-ems --revoke')).toBe('all its links have ended')
  })

  it('the audit trail names who did what', async () => {
    expect(await runs('audit --limit 2')).toMatch(/\S+Z {2}admin {2}view_link\.revoke {2}done {2,}nl-ems/)
    expect(JSON.parse(await runs('audit --json')).items.length).toBeGreaterThan(10)
  })

  it('a hub without a file has nothing to reload', async () => {
    expect(await run('reload')).toEqual({
      code: 1,
      out: '',
      err: 'error: Conflict: The hub was started without a file; there is nothing to read again.',
    })
  })
})
