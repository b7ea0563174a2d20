// Examining a party before it is connected: every check against a real party of which one thing is wrong, hostile
// servers, and the two ways to ask for it.

import { afterEach, describe, expect, it } from 'vitest'
import { CHECKS, examine, type CheckReport, type Examination } from '../../src/modules/examine.ts'
import { BEHAVIOURS, type BehaviourName } from '../support/fault-behaviours.ts'
import { closedPort, faultServer, TLS_BEHAVIOURS } from '../support/fault-server.ts'
import { CASES, clockOff } from '../support/examined-cases.ts'
import { inTime } from '../support/in-time.ts'
import { examinedParty, TOKEN, type ExaminedParty } from '../support/examined-party.ts'

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()))
})

async function party(options: Parameters<typeof examinedParty>[0] = {}): Promise<ExaminedParty> {
  const made = await examinedParty(options)
  open.push(made)
  return made
}

const OPTIONS = {
  network: { requireHttps: false, allow: ['127.0.0.0/8'] },
  versions: ['2.3.0', '2.2.1', '2.1.1'],
  from: { countryCode: 'NL', partyId: 'HUB' },
  timeoutMs: 2_000,
  totalMs: 10_000,
} as const

function look(url: string, options: Partial<Parameters<typeof examine>[1]> = {}): Promise<Examination> {
  return examine({ url, token: TOKEN }, { ...OPTIONS, ...options })
}

function check({ checks }: Examination, id: string): CheckReport {
  return checks.find((one) => one.id === id)!
}

describe('a party that does everything right', () => {
  it('passes every check that plain http allows, and is asked with GET alone', async () => {
    const cpo = await party()
    const report = await look(cpo.versionsUrl)
    expect(
      report.checks.filter(({ result }) => result !== 'pass').map(({ id, result }) => [id, result]),
    ).toEqual([
      ['url', 'warn'],
      ['tls', 'skip'],
      ['certificate', 'skip'],
      ['certificate_days', 'skip'],
    ])
    expect(report).toMatchObject({ result: 'warn', version: '2.2.1', party: 'DE-CPO', url: cpo.versionsUrl })
    expect(new Set(cpo.requests.map(({ method }) => method))).toEqual(new Set(['GET']))
    expect(cpo.requests.length).toBeLessThan(25)
  })

  it('is told in one row per check, in their order, and never with the token in it', async () => {
    const cpo = await party({
      spoil: (answer) => ({ ...answer, status: 301, headers: { location: `/?${TOKEN}` } }),
    })
    const report = await look(cpo.versionsUrl)
    expect(report.checks.map(({ id }) => id)).toEqual(CHECKS.map(({ id }) => id))
    expect(JSON.stringify(report)).not.toContain(TOKEN)
    expect(check(report, 'token').found).toContain('[token]')
  })
})

describe('each check sees what is wrong', () => {
  it.each(CASES)('%s: %s, %s', async (id, result, found, spoil) => {
    const report = await look((await party({ spoil })).versionsUrl)
    const seen = check(report, id)
    expect([seen.result, seen.found]).toEqual([result, expect.stringMatching(found)])
    if (result === 'warn' || result === 'fail') expect(seen.advice).toMatch(/\S.*\.$/)
  })

  it('says local time when the clock is off by a time zone', async () => {
    const report = await look((await party({ spoil: clockOff(7_200_000) })).versionsUrl)
    expect(check(report, 'clock').advice).toContain('UTC')
  })

  it('tries the token as it is too, and says which form works (R4)', async () => {
    const report = await look((await party({ raw: true })).versionsUrl)
    expect(check(report, 'token')).toMatchObject({ result: 'warn', found: 'as it is, but not in Base64' })
    expect(check(report, 'lists').result).toBe('pass')
  })

  it('notices a token that was handed over in Base64', async () => {
    const cpo = await party()
    const report = await examine(
      { url: cpo.versionsUrl, token: Buffer.from(TOKEN).toString('base64') },
      OPTIONS,
    )
    expect(check(report, 'token').found).toContain('Base64 already')
  })

  it('skips the routing headers when the hub is not known', async () => {
    const { from: _from, ...options } = OPTIONS
    const report = await examine({ url: (await party()).versionsUrl, token: TOKEN }, options)
    expect(check(report, 'routing_headers').result).toBe('skip')
    expect(report.checks.some(({ result }) => result === 'fail')).toBe(false)
  })
})

describe('what cannot be reached', () => {
  it('names a port on which nobody listens', async () => {
    const report = await look(`${await closedPort()}/versions`)
    expect(check(report, 'connect')).toMatchObject({ result: 'fail', found: 'it refused the connection' })
    expect(check(report, 'token')).toMatchObject({ result: 'skip' })
  })

  it('names a host that does not resolve', async () => {
    const report = await look('https://nobody.invalid/versions')
    expect(check(report, 'dns')).toMatchObject({ result: 'fail' })
  })

  it.each([
    ['http://169.254.169.254/versions', {}],
    ['http://localhost:9/versions', { network: { requireHttps: false, allow: [] } }],
    ['http://127.0.0.1:9/versions', { network: { requireHttps: true, allow: ['127.0.0.0/8'] } }],
  ])('does not call %s, which the guard forbids', async (url, options) => {
    const report = await look(url, options)
    expect(check(report, 'dns').found).toContain('does not call')
    expect(report.result).toBe('fail')
  })

  it.each(['ftp://x.example/', 'not a url', 'http://user:secret@127.0.0.1/', 'http:\\\\127.0.0.1'])(
    'refuses %s as a URL and does not repeat a password',
    async (url) => {
      const report = await look(url)
      expect(check(report, 'url').result).toBe('fail')
      expect(JSON.stringify(report)).not.toContain('secret')
    },
  )
})

describe('hostile servers', () => {
  const NAMES = Object.keys(BEHAVIOURS) as BehaviourName[]

  it.each(NAMES)('%s: makes a finding in time', async (name) => {
    const server = await faultServer(name)
    open.push(server)
    await inTime(2_500, async () => {
      const report = await look(`${server.url}/versions`, { timeoutMs: 250, totalMs: 800 })
      expect(report.checks).toHaveLength(CHECKS.length)
      expect(report.checks.every(({ found }) => found !== '' && found.length <= 1_000)).toBe(true)
      return report.duration_ms
    })
  })

  it('ends when its time is used up, and says so', async () => {
    const cpo = await party({ spoil: (answer) => answer })
    const report = await look(cpo.versionsUrl, { totalMs: 0 })
    expect(check(report, 'token')).toMatchObject({
      result: 'skip',
      found: expect.stringContaining('used up'),
    })
  })

  it.each([
    ['self-signed certificate', 'certificate', /signed by itself/],
    ['expired certificate', 'certificate_days', /expired on/],
    ['certificate of the future', 'certificate', /./],
    ['certificate of another host', 'certificate', /./],
    ['TLS 1.1 only', 'tls', /TLS handshake/],
    ['plain HTTP on the TLS port', 'tls', /TLS handshake/],
    ['garbage instead of a handshake', 'tls', /TLS handshake/],
    ['a fatal alert', 'tls', /TLS handshake/],
    ['a handshake that hangs', 'tls', /in time/],
    ['a reset in the handshake', 'tls', /connection/],
  ] as const)('%s: fails %s', async (name, id, found) => {
    const server = await TLS_BEHAVIOURS[name]()
    open.push(server)
    const report = await look(`${server.url}/versions`, { timeoutMs: 400 })
    expect(check(report, id)).toMatchObject({ result: 'fail', found: expect.stringMatching(found) })
    expect(check(report, 'token').result).toBe('skip')
  })
})
