// The parties of the sandbox that fail, one behaviour each, as somebody sees them who calls them over real HTTP.

import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DIALECTS, readDialectAnswer } from '../../src/dialects/dialect.ts'
import { FAULTS } from '../../src/faults/table.ts'
import { readStatusCode } from '../../src/ocpi/envelope.ts'
import { writeAuthorization } from '../../src/ocpi/token.ts'
import { startSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts'
import { rawRequest } from '../support/raw.ts'
import { waitFor } from '../support/wait.ts'
import { addressOf, ask, askUrl, platformOf } from './sandbox-caller.ts'

let sandbox: Sandbox

beforeAll(async () => {
  sandbox = await startSandbox({ port: 0 })
})
afterAll(() => sandbox.close())

describe('parties that do not answer', () => {
  it('DE-SLO takes the request, keeps it to itself and stays silent', async () => {
    const hangUp = new AbortController()
    const answer = ask(sandbox, 'DE-SLO', 'POST receiver/commands/START_SESSION', {
      json: { a: 1 },
      signal: hangUp.signal,
    })
    answer.catch(() => undefined)
    const url = `${addressOf(sandbox, 'DE-SLO')}/sandbox/received`
    await waitFor(async () => (await askUrl(sandbox, 'DE-SLO', 'GET', url)).body.includes('START_SESSION'))
    hangUp.abort()
    await expect(answer).rejects.toThrow('aborted')
  })

  it('DE-OFF is CONNECTED and its port is closed, DE-OUT is OFFLINE, DE-SUS is SUSPENDED', async () => {
    expect(platformOf(sandbox, 'DE-OFF').status).toBe('CONNECTED')
    expect(platformOf(sandbox, 'DE-OUT').status).toBe('OFFLINE')
    expect(platformOf(sandbox, 'DE-SUS').status).toBe('SUSPENDED')
    await expect(ask(sandbox, 'DE-OFF', 'GET sender/locations')).rejects.toThrow('ECONNREFUSED')
    await expect(ask(sandbox, 'DE-OUT', 'GET sender/locations')).rejects.toThrow('ECONNREFUSED')
    expect((await ask(sandbox, 'DE-SUS', 'GET sender/locations')).httpStatus).toBe(200)
  })

  it('DE-CUT hangs up in its answer, or before it', async () => {
    const token = writeAuthorization(platformOf(sandbox, 'DE-CUT').tokens.outbound, 'base64')
    const get = (path: string) =>
      rawRequest(
        addressOf(sandbox, 'DE-CUT'),
        `GET /ocpi/2.2.1/sender/locations${path} HTTP/1.1\r\nHost: x\r\nAuthorization: ${token}\r\n\r\n`,
      )
    const inAnswer = await get('')
    expect(inAnswer.bytes.toString()).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*"cut in the mid$/)
    expect(inAnswer.closed).toBe(true)
    const before = await get('/before')
    expect([before.bytes.length, before.closed]).toEqual([0, true])
  })

  it('DE-GAR answers bytes that are not HTTP', async () => {
    const { bytes, closed } = await rawRequest(
      addressOf(sandbox, 'DE-GAR'),
      'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
    )
    expect(bytes.toString('latin1')).toContain('this is not HTTP')
    expect(closed).toBe(true)
    await expect(ask(sandbox, 'DE-GAR', 'GET sender/locations')).rejects.toThrow('Parse Error')
  })
})

describe('parties that answer what is not asked for', () => {
  it('DE-HTM answers a web page with HTTP 500, or 200 below /ok', async () => {
    const error = await ask(sandbox, 'DE-HTM', 'GET sender/locations')
    expect([error.httpStatus, error.headers['content-type']]).toEqual([500, 'text/html; charset=utf-8'])
    const page = await ask(sandbox, 'DE-HTM', 'POST receiver/commands/ok', { json: {} })
    expect([page.httpStatus, readStatusCode(page.body)]).toEqual([200, undefined])
  })

  it('DE-401 refuses the right token on every URL', async () => {
    expect((await ask(sandbox, 'DE-401', 'GET sender/locations')).httpStatus).toBe(401)
    expect(
      (await askUrl(sandbox, 'DE-401', 'GET', platformOf(sandbox, 'DE-401').versionsUrl)).httpStatus,
    ).toBe(401)
  })

  it('DE-BIG answers exactly as many bytes as it is asked for, with and without Content-Length', async () => {
    for (const bytes of [100, 65_536, 3_000_001]) {
      const streamed = await ask(sandbox, 'DE-BIG', `GET sender/locations?bytes=${bytes}`)
      expect(streamed.body.length).toBe(bytes)
      expect(readStatusCode(streamed.body)).toBe(1000)
      expect(streamed.headers).not.toHaveProperty('content-length')
    }
    const declared = await ask(sandbox, 'DE-BIG', 'GET sender/locations?bytes=5000&declared=true')
    expect(declared.headers['content-length']).toBe('5000')
    for (const bytes of ['1', '-5', '1e12', 'many']) {
      const refused = await ask(sandbox, 'DE-BIG', `GET sender/locations?bytes=${bytes}`)
      expect(refused.json().status_code).toBe(2001)
    }
  })

  it('DE-STA answers every OCPI code, also with an HTTP status of its own', async () => {
    for (const code of [1000, 1901, 2000, 2003, 2901, 3000, 3003, 4000, 4003]) {
      const answer = await ask(sandbox, 'DE-STA', `PUT receiver/tokens/NL/EMS/status/${code}`, { json: {} })
      expect([answer.httpStatus, answer.json().status_code]).toEqual([200, code])
    }
    const both = await ask(sandbox, 'DE-STA', 'GET sender/locations/status/2003/404')
    expect([both.httpStatus, both.json().status_code]).toEqual([404, 2003])
  })

  it('DE-STA answers every HTTP status without an envelope', async () => {
    for (const status of [200, 204, 302, 400, 403, 404, 405, 408, 418, 429, 500, 502, 503, 504]) {
      const answer = await ask(sandbox, 'DE-STA', `GET sender/locations/http/${status}`)
      expect([answer.httpStatus, readStatusCode(answer.body)]).toEqual([status, undefined])
    }
    const busy = await ask(sandbox, 'DE-STA', 'GET sender/locations/http/429')
    expect(busy.headers['retry-after']).toBe('7')
  })

  it('DE-STA answers 2001 when it is asked for something else', async () => {
    for (const path of ['', '/status/0999', '/status/5000', '/http/100', '/http/600', '/http/20']) {
      const answer = await ask(sandbox, 'DE-STA', `GET sender/locations${path}`)
      expect(answer.json().status_code).toBe(2001)
    }
  })
})

describe('parties with other errors', () => {
  const parties = { opencharge: 'NL-PAY', proof: 'NL-PRF', ivxp: 'NL-IVX' } as const

  for (const [name, party] of Object.entries(parties) as [keyof typeof parties, string][]) {
    it(`${party} answers every code of ${name} so that the hub's reader knows it`, async () => {
      for (const row of DIALECTS[name].rows) {
        const answer = await ask(sandbox, party, `GET sender/settlement/objects/${row.code}`)
        expect([row.code, answer.httpStatus]).toEqual([row.code, row.http])
        const outcome = readDialectAnswer(name, answer)
        expect(outcome).toMatchObject(
          row.becomes in FAULTS
            ? { kind: 'fault', responderCode: row.code, fault: row.becomes }
            : { kind: 'error', responderCode: row.code, statusCode: row.becomes },
        )
      }
    })

    it(`${party} answers a plain object for SUCCESS and the codes for anything else`, async () => {
      const success = await ask(sandbox, party, 'GET sender/settlement/objects/SUCCESS')
      expect(readDialectAnswer(name, success)).toMatchObject({ kind: 'success' })
      const codes = (await ask(sandbox, party, 'GET sender/settlement')).json() as unknown as {
        codes: string[]
      }
      expect(codes.codes).toEqual(['SUCCESS', ...DIALECTS[name].rows.map(({ code }) => code)])
    })

    it(`${party} answers a code it does not have in the same shape`, async () => {
      const client = await ask(sandbox, party, 'GET sender/settlement/objects/BRAND_NEW')
      expect(readDialectAnswer(name, client)).toMatchObject({
        kind: 'error',
        unknown: expect.stringContaining('BRAND_NEW') as string,
        statusCode: 2000,
      })
      const server = await ask(sandbox, party, 'GET sender/settlement/objects/BRAND_NEW?http=503')
      expect(readDialectAnswer(name, server)).toMatchObject({
        kind: 'error',
        unknown: expect.stringContaining('BRAND_NEW') as string,
        statusCode: 3000,
      })
    })
  }

  it('take a code in any case', async () => {
    const answer = await ask(sandbox, 'NL-PRF', 'GET sender/settlement/objects/Wallet_Not_Supported')
    expect(answer.json()).toMatchObject({ error: 'wallet_not_supported', code: 'WALLET_NOT_SUPPORTED' })
    expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('answer a refusal to connect with HTTP 403 and no body, and say when to come back', async () => {
    const declined = await ask(sandbox, 'NL-PAY', 'GET sender/settlement/objects/CONNECTION_REFUSED')
    expect([declined.httpStatus, declined.body.length]).toEqual([403, 0])
    const limited = await ask(sandbox, 'NL-PAY', 'GET sender/settlement/objects/RATE_LIMITED')
    expect([limited.httpStatus, limited.headers['retry-after']]).toEqual([429, '30'])
    const away = await ask(sandbox, 'NL-IVX', 'GET sender/settlement/objects/SERVICE_UNAVAILABLE')
    expect(away.json()).toMatchObject({ details: { retry_after_seconds: 30 } })
  })
})

describe('starting and ending', () => {
  it('ends at once although a party is silent on an open connection', async () => {
    const other = await startSandbox({ port: 0 })
    const answer = ask(other, 'DE-SLO', 'GET sender/locations')
    answer.catch(() => undefined)
    const url = `${addressOf(other, 'DE-SLO')}/sandbox/received`
    await waitFor(async () => (await askUrl(other, 'DE-SLO', 'GET', url)).body.includes('locations'))
    await other.close()
    await expect(answer).rejects.toThrow('socket hang up')
    await expect(ask(other, 'DE-CPO', 'GET sender/locations')).rejects.toThrow('ECONNREFUSED')
  })

  it('takes ports in a row, and leaves nothing behind when one of them is taken', async () => {
    const first = await startOnFreeRow()
    const ports = first.parties.map(({ address }) => Number(new URL(address).port))
    expect(ports.map((port, index) => (port === 1 ? 1 : port - index))).toEqual(
      ports.map((port) => (port === 1 ? 1 : ports[0])),
    )
    const before = ports[0]! - 1
    await expect(startSandbox({ port: before })).rejects.toThrow('EADDRINUSE')
    await first.close()
    for (const port of [before, ...ports]) expect(await isClosed(port)).toBe(true)
  })
})

/** Other programs may hold a port of a row: the next row is tried then. */
async function startOnFreeRow(): Promise<Sandbox> {
  for (let port = 21_000 + (process.pid % 100) * 100; ; port += 20) {
    const started = await startSandbox({ port }).catch(() => undefined)
    if (started) return started
  }
}

function isClosed(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('connect', () => {
      socket.destroy()
      resolve(false)
    })
    socket.on('error', () => resolve(true))
  })
}
