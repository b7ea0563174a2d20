// Every row of the sandbox keeps its promise through a real hub: the example's answer is the one in the table, which
// is also the one in the documentation.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { partyKey } from '../../src/ocpi/party.ts'
import { writeAuthorization } from '../../src/ocpi/token.ts'
import { SANDBOX_PARTIES } from '../../src/sandbox/parties.ts'
import { exampleText } from '../../src/sandbox/party.ts'
import { startSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts'
import { callHttp, type HttpAnswer } from '../support/caller.ts'
import { testConfig } from '../support/config.ts'
import { startHub, type TestHub } from '../support/hub.ts'
import { stablePort } from '../support/ports.ts'
import { waitFor } from '../support/wait.ts'
import { addressOf, platformOf } from './sandbox-caller.ts'

let hub: TestHub
let sandbox: Sandbox

// Results of commands come back to the hub's public URL, so it has to be the one the hub listens on.
beforeAll(async () => {
  const port = await stablePort()
  const publicUrl = `http://127.0.0.1:${port}`
  sandbox = await startSandbox({ port: 0, hubVersionsUrl: `${publicUrl}/ocpi/versions` })
  const base = testConfig()
  hub = await startHub({
    hub: { publicUrl },
    listen: { ocpi: { host: '127.0.0.1', port }, admin: base.listen.admin },
    // One of the sandbox's parties is slower than this.
    forwarding: { timeoutMs: 4_000 },
    platforms: sandbox.platforms,
  })
})
afterAll(async () => {
  await hub.close()
  await sandbox.close()
})

describe('the examples of the sandbox, through a hub', () => {
  for (const party of SANDBOX_PARTIES) {
    it(exampleText(party), async () => {
      const { caller, request, statusCode, fault } = party.example
      const answer = await callHub({ caller, to: partyKey(party), request })
      const { status_code: code, data } = answer.json()
      expect([code, data?.fault]).toEqual([statusCode, fault])
    })
  }
})

describe('commands of the sandbox, through a hub', () => {
  it('bring their result to the eMSP, from the CPO', async () => {
    const correlation = { 'X-Correlation-ID': 'sandbox-command-1' }
    const answer = await callHub({
      caller: 'NL-EMS',
      to: 'DE-CPO',
      request: 'POST receiver/commands/START_SESSION',
      headers: correlation,
      json: { response_url: `${addressOf(sandbox, 'NL-EMS')}/ocpi/2.2.1/sender/commands/START_SESSION/77` },
    })
    expect(answer.json()).toMatchObject({ status_code: 1000, data: { result: 'ACCEPTED' } })
    const result = await waitFor(async () => {
      const received = await callHttp(addressOf(sandbox, 'NL-EMS'), {
        method: 'GET',
        path: '/sandbox/received',
        headers: [],
      })
      const requests = received.json() as unknown as { url: string; headers: object; body: string }[]
      return requests.find(({ url }) => url.endsWith('/START_SESSION/77'))
    })
    expect(JSON.parse(result.body)).toEqual({ result: 'ACCEPTED' })
    expect(result.headers).toMatchObject({
      'x-correlation-id': 'sandbox-command-1',
      'ocpi-from-country-code': 'DE',
      'ocpi-from-party-id': 'CPO',
      'ocpi-to-country-code': 'NL',
      'ocpi-to-party-id': 'EMS',
    })
  })
})

interface HubCall {
  readonly caller: string
  readonly to: string
  readonly request: string
  readonly headers?: Readonly<Record<string, string>>
  readonly json?: unknown
}

function callHub({ caller, to, request, headers, json }: HubCall): Promise<HttpAnswer> {
  const { tokens, version } = platformOf(sandbox, caller)
  const [method = '', path = ''] = request.split(' ')
  const [country = '', id = ''] = to.split('-')
  return callHttp(hub.ocpiUrl, {
    method,
    path: `/ocpi/${version}/${path}`,
    headers: [
      ['Authorization', writeAuthorization(tokens.inbound, 'base64')],
      ['OCPI-to-country-code', country],
      ['OCPI-to-party-id', id],
      ...Object.entries(headers ?? {}),
    ],
    body: json === undefined ? undefined : JSON.stringify(json),
  })
}
