// A hub that lets in only clients with a certificate of its CA: whoever does not get through the handshake leaves no
// request, so the log and the metrics tell who it was and what was wrong.

import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { selfSigned, type Certificate } from '../support/certificates.ts'
import { endCliProcesses, startCli } from '../support/cli-process.ts'
import { ADMIN_TOKEN } from '../support/config.ts'
import { makeDirectory } from '../support/directory.ts'
import { startHubProcess, type HubProcess } from '../support/hub-process.ts'
import { party } from '../support/party.ts'
import { waitFor } from '../support/wait.ts'

const directory = makeDirectory()
const path = (name: string): string => join(directory.path, name)
const emsp = party('NL-EMS', 'EMSP')
let hub: HubProcess
let [partner, stranger, late]: Certificate[] = []

beforeAll(async () => {
  ;[partner, stranger, late] = await Promise.all([
    selfSigned('partner.example'),
    selfSigned('stranger.example'),
    selfSigned('late.example', { fromDays: -9, toDays: -1 }),
    emsp.listen(),
  ])
  const own = await selfSigned()
  writeFileSync(path('hub.crt'), own.cert)
  writeFileSync(path('hub.key'), own.key)
  writeFileSync(path('ca.crt'), `${partner!.cert}\n${late!.cert}`)
  writeFileSync(path('partner.crt'), partner!.cert)
  writeFileSync(path('partner.key'), partner!.key)
  const tls = { cert: path('hub.crt'), key: path('hub.key'), client_ca: path('ca.crt') }
  const ports = { host: '127.0.0.1', port: 0 }
  hub = await startHubProcess({
    directory: directory.path,
    platforms: [emsp.platform()],
    config: {
      listen: { ocpi: { ...ports, tls }, admin: { ...ports, tls } },
      admin: { token: ADMIN_TOKEN },
    },
  })
  await waitFor(() => hub.log().includes('ocpi-hub serves'), { what: 'a hub that serves', limitMs: 30_000 })
})
afterAll(async () => {
  await endCliProcesses()
  await hub.end()
  await emsp.close()
  directory.remove()
})

type Line = Readonly<Record<string, unknown>>

function lines(): Line[] {
  const whole = hub.log().slice(0, hub.log().lastIndexOf('\n') + 1)
  return whole.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Line] : []))
}

const serving = (): Line => lines().find(({ msg }) => msg === 'ocpi-hub serves')!
const refusals = (): Line[] => lines().filter(({ msg }) => msg === 'a TLS handshake failed')

/** What a GET there gives to a client with this certificate; `undefined` when there was no answer. */
function get(url: string, certificate: Certificate | undefined, authorization: string) {
  return new Promise<{ status: number | undefined; body: string } | undefined>((resolve) => {
    const options = { ...certificate, headers: { authorization }, agent: false, rejectUnauthorized: false }
    const call = request(url, options, (response) => {
      void text(response).then((body) => resolve({ status: response.statusCode, body }))
    })
    call.on('error', () => resolve(undefined)).end()
  })
}

async function statusWith(certificate: Certificate | undefined): Promise<number | undefined> {
  const url = `${String(serving().ocpi)}/ocpi/versions`
  return (await get(url, certificate, emsp.authorization()))?.status
}

/** Errors by how often they were counted. */
async function counted(): Promise<Record<string, number>> {
  const page = await get(`${String(serving().admin)}/metrics`, partner, `Bearer ${ADMIN_TOKEN}`)
  const samples = page!.body.matchAll(
    /^ocpi_hub_tls_handshake_failures_total\{listener="ocpi",error="(\w+)"\} (\d+)$/gm,
  )
  return Object.fromEntries([...samples].map(([, error, number]) => [error, Number(number)]))
}

/** Exit code and output of a verb that asks the admin side. */
async function verb(name: string, env: Readonly<Record<string, string>>) {
  const verb = startCli([name], {
    OCPI_HUB_ADMIN_URL: String(serving().admin),
    OCPI_HUB_ADMIN_TOKEN: ADMIN_TOKEN,
    NODE_EXTRA_CA_CERTS: path('hub.crt'),
    ...env,
  })
  return { code: await verb.ended, out: verb.out(), err: verb.err() }
}

describe('a listener with client_ca', () => {
  it('serves a client with a certificate of it', async () => {
    expect(await statusWith(partner)).toBe(200)
    expect(refusals()).toEqual([])
  })

  it.each([
    ['no certificate', () => undefined, 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE'],
    ['the certificate of somebody else', () => stranger, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ['one that has ended', () => late, 'CERT_HAS_EXPIRED'],
  ])('refuses one with %s, counts each time and tells once who it was', async (_what, certificate, error) => {
    expect(await statusWith(certificate())).toBeUndefined()
    expect(await statusWith(certificate())).toBeUndefined()
    await waitFor(async () => (await counted())[error] === 2, { what: 'two refusals' })
    expect(refusals().filter((line) => line.error === error)).toMatchObject([
      { level: 'info', listener: 'ocpi', peer: '127.0.0.1' },
    ])
  })

  it('tells of plain HTTP, but not of a connection that is only opened', async () => {
    const port = Number(new URL(String(serving().ocpi)).port)
    const looking = connect(port, '127.0.0.1')
    await once(looking, 'connect')
    looking.destroy()
    const plain = connect(port, '127.0.0.1').on('error', () => undefined)
    plain.resume().end('GET /ocpi/versions HTTP/1.1\r\n\r\n')
    await waitFor(async () => (await counted()).ERR_SSL_HTTP_REQUEST === 1, { what: 'the refusal' })
    expect(Object.keys(await counted())).not.toContain('ECONNRESET')
  })

  it('serves the verbs that show a certificate of it, and tells the others what they lack', async () => {
    const shown = { OCPI_HUB_CLIENT_CERT: path('partner.crt'), OCPI_HUB_CLIENT_KEY: path('partner.key') }
    const [well, listed, without, half, unfit] = await Promise.all([
      verb('healthcheck', shown),
      verb('parties', shown),
      verb('parties', {}),
      verb('parties', { OCPI_HUB_CLIENT_CERT: path('partner.crt') }),
      verb('parties', { ...shown, OCPI_HUB_CLIENT_KEY: path('hub.key') }),
    ])
    expect(well).toEqual({ code: 0, out: 'ok\n', err: '' })
    expect(listed).toMatchObject({ code: 0, out: expect.stringContaining('NL-EMS'), err: '' })
    expect(without).toMatchObject({ code: 1, err: expect.stringContaining('set OCPI_HUB_CLIENT_CERT and') })
    expect(half).toMatchObject({ code: 2, err: expect.stringContaining('OCPI_HUB_CLIENT_KEY is missing') })
    expect(unfit).toMatchObject({ code: 1, err: expect.stringMatching(/cannot be used: .*mismatch/) })
  })

  it('lets in those of another CA after a reload', async () => {
    writeFileSync(path('ca.crt'), stranger!.cert)
    hub.signal('SIGHUP')
    await waitFor(async () => (await statusWith(stranger)) === 200, { what: 'the new CA' })
    expect(await statusWith(partner)).toBeUndefined()
  })
})
