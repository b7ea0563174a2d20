// The ways to ask for an examination: the command line, with certificates that are valid, and the admin API.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { Examination } from '../../src/modules/examine.ts'
import { selfSigned } from '../support/certificates.ts'
import { endCliProcesses, startCli } from '../support/cli-process.ts'
import { examinedParty, TOKEN } from '../support/examined-party.ts'
import { startHub } from '../support/hub.ts'

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  await endCliProcesses()
  await Promise.all(open.splice(0).map((one) => one.close()))
})

/** A party with a certificate that ends so soon, and the file of the authority that signed it: itself. */
async function secureParty(toDays: number) {
  const certificate = await selfSigned('127.0.0.1', { toDays })
  const directory = await mkdtemp(join(tmpdir(), 'probe-'))
  const authority = join(directory, 'ca.pem')
  await writeFile(authority, certificate.cert)
  const cpo = await examinedParty({ certificate })
  open.push({
    close: async () => void (await Promise.all([cpo.close(), rm(directory, { recursive: true })])),
  })
  return { cpo, env: { NODE_EXTRA_CA_CERTS: authority } }
}

describe('ocpi-hub probe', () => {
  it.each([
    [90.5, 'pass', 0],
    [20.5, 'warn', 0],
    [3.5, 'fail', 1],
  ] as const)('a certificate with %d days left: %s, exit code %d', async (days, result, exitCode) => {
    const { cpo, env } = await secureParty(days)
    const run = startCli(
      ['probe', cpo.versionsUrl, '--token', TOKEN, '--allow', '127.0.0.0/8', '--from', 'NL-HUB', '--json'],
      env,
    )
    expect(await run.ended).toBe(exitCode)
    const report = JSON.parse(run.out()) as Examination
    const seen = Object.fromEntries(report.checks.map((check) => [check.id, check]))
    expect(seen.certificate_days).toMatchObject({
      result,
      found: expect.stringContaining(`${Math.floor(days)} days left`),
    })
    expect(seen.certificate).toMatchObject({
      result: 'pass',
      found: expect.stringContaining('127.0.0.1; issued by 127.0.0.1'),
    })
    expect(seen.tls).toMatchObject({ result: 'pass', found: expect.stringMatching(/^TLSv1\.3 in /) })
    expect(report.result).toBe(result)
    expect(report.checks.filter((check) => check.result === 'skip')).toEqual([])
  })

  it('prints a line per check with what to tell the partner, without colours when it is no terminal', async () => {
    const cpo = await examinedParty({
      spoil: (answer, { path }) => (path.endsWith('/cdrs') ? { ...answer, headers: {} } : answer),
    })
    open.push(cpo)
    const run = startCli([
      'probe',
      cpo.versionsUrl,
      '--token',
      TOKEN,
      '--allow',
      '127.0.0.0/8',
      '--insecure-http',
    ])
    expect(await run.ended).toBe(1)
    expect(run.err()).toBe('')
    const lines = run.out().trimEnd().split('\n')
    expect(lines[0]).toBe(`${cpo.versionsUrl}  DE-CPO, OCPI 2.2.1`)
    expect(lines).toContainEqual(
      expect.stringMatching(/^ {2}FAIL {2}Lists tell X-Total-Count +cdrs: no X-Total/),
    )
    expect(lines).toContainEqual(expect.stringMatching(/^ {8}tell them: Send X-Total-Count/))
    expect(lines.at(-1)).toMatch(/^\d+ pass, \d+ warn, \d+ fail, \d+ skip in \d+\.\d s$/)
    expect(run.out()).not.toContain('\u001b')
    expect(run.out()).not.toContain(TOKEN)
  })

  it('calls no private address and no plain http unless told to', async () => {
    const cpo = await examinedParty()
    open.push(cpo)
    const run = startCli(['probe', cpo.versionsUrl, '--token', TOKEN])
    expect(await run.ended).toBe(1)
    expect(run.out()).toContain('does not call')
    expect(cpo.requests).toEqual([])
  })

  it.each([
    [['probe']],
    [['probe', 'ocpi.example.com', '--token', 'x']],
    [['probe', 'https://ocpi.example.com', '--token', 'x', '--allow', '10.0.0.1']],
    [['probe', 'https://ocpi.example.com', '--token', 'x', '--timeout', '5']],
    [['probe', 'https://ocpi.example.com', '--token', 'x', '--from', 'hub']],
  ])('%j is not understood: exit code 2', async (argv) => {
    const run = startCli(argv)
    expect(await run.ended).toBe(2)
    expect(run.err()).not.toBe('')
  })
})

describe('POST /api/v1/probe', () => {
  it('examines from where the hub stands, as the hub, and leaves an audit entry without the token', async () => {
    const cpo = await examinedParty()
    const hub = await startHub()
    open.push(cpo, hub)
    const { status, json } = await hub.admin('/probe', {
      method: 'POST',
      json: { url: cpo.versionsUrl, token: TOKEN },
    })
    expect(status).toBe(200)
    expect(json).toMatchObject({ result: 'warn', version: '2.2.1', party: 'DE-CPO' })
    const routing = (json as Examination).checks.find(({ id }) => id === 'routing_headers')
    expect(routing).toMatchObject({ result: 'pass' })
    const audit = await hub.admin('/audit')
    expect(audit.json).toMatchObject({ items: [{ who: 'admin', action: 'probe', target: cpo.url }] })
    expect(JSON.stringify(audit.json)).not.toContain(TOKEN)
  })

  it('keeps to the network settings of the hub', async () => {
    const cpo = await examinedParty()
    const hub = await startHub({ network: { requireHttps: true, allow: [] } })
    open.push(cpo, hub)
    const { json } = await hub.admin('/probe', {
      method: 'POST',
      json: { url: cpo.versionsUrl, token: TOKEN },
    })
    expect(json).toMatchObject({ result: 'fail' })
    expect(cpo.requests).toEqual([])
  })

  it.each([{}, { url: 'ftp://x.example', token: 'x' }, { url: 'https://x.example', token: 'a b' }])(
    'answers 400 to %j',
    async (body) => {
      const hub = await startHub()
      open.push(hub)
      expect((await hub.admin('/probe', { method: 'POST', json: body })).status).toBe(400)
    },
  )
})
