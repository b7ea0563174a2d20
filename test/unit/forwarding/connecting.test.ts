// What becomes of a request whose host name has several addresses, of which some take no connection, or none at all;
// and of one whose idle connection ends before it was written to it.

import { channel } from 'node:diagnostics_channel'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { Client } from 'undici'
import { afterEach, describe, expect, it } from 'vitest'
import type { Fault } from '../../../src/faults/fault.ts'
import { createAddressOrder } from '../../../src/forwarding/address-order.ts'
import { type Phases, startAttempt } from '../../../src/forwarding/attempt.ts'
import { createConnector } from '../../../src/forwarding/connector.ts'
import { createAddressGuard } from '../../../src/forwarding/guard.ts'
import { createSend } from '../../../src/forwarding/send.ts'
import { testConfig } from '../../support/config.ts'
import { fullBacklog } from '../../support/fault-server.ts'

const LIMIT_MS = 2_000
/** What one of several addresses is given of it. */
const ATTEMPT_MS = LIMIT_MS / 4

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

/** A server that counts what it is asked and keeps no connection. */
async function listen(host: string, port = 0, answer: RequestListener = single): Promise<Server> {
  const server = createServer(answer)
  await new Promise<void>((resolve) => void server.listen(port, host, resolve))
  closing.push(() => new Promise((resolve) => server.close(resolve)))
  return server
}

const single: RequestListener = (request, response) => {
  const address = request.socket.localAddress!
  response.setHeader('connection', 'close').end(address)
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port

/** Of a host name with these addresses; without any it is never resolved. */
function client(addresses: readonly string[], port: number | string): Client {
  const guard = createAddressGuard({ requireHttps: false, allow: ['127.0.0.0/8'] })
  const found = addresses.map((address) => ({ address, family: 4 }))
  const connect = createConnector(
    {
      ...guard,
      lookup(_host, _options, done) {
        if (found.length > 0) process.nextTick(done, null, found)
      },
    },
    () => LIMIT_MS,
  )
  const made = new Client(`http://many.example:${port}`, { connect })
  closing.push(() => made.destroy())
  return made
}

async function ask(to: Client): Promise<{ by?: string; fault?: Fault; connectMs: number }> {
  const phases: Phases = {}
  const begun = performance.now()
  const request = { path: '/', method: 'GET', headers: [], body: undefined, phases }
  const outcome = await new Promise<{ by?: string; fault?: Fault }>((resolve) => {
    startAttempt(
      to,
      request,
      { heldMax: 1_000, bodyMax: 1_000 },
      {
        answered: ({ body }) => resolve({ by: body.toString() }),
        failed: (fault) => resolve({ fault }),
      },
    )
  })
  return { ...outcome, connectMs: (phases.connectedAt ?? begun) - begun }
}

describe('a host name with several addresses', () => {
  it('gives each but the last a quarter of the time to take a connection', async () => {
    const silent = await fullBacklog()
    closing.push(silent.close)
    const { port } = new URL(silent.url)
    await listen('127.0.0.2', Number(port))
    const answer = await ask(client(['127.0.0.1', '127.0.0.2'], port))
    expect(answer.by).toBe('127.0.0.2')
    expect(answer.connectMs).toBeGreaterThan(ATTEMPT_MS - 5)
  })

  it('has the one that took no connection tried last from then on', async () => {
    const first = await listen('127.0.0.1')
    const to = client(['127.0.0.2', '127.0.0.1'], portOf(first))
    expect((await ask(to)).by).toBe('127.0.0.1')
    await listen('127.0.0.2', portOf(first))
    expect((await ask(to)).by).toBe('127.0.0.1')
  })
})

describe('the order of addresses', () => {
  const four = ['a', 'b', 'c', 'd'].map((address) => ({ address, family: 4 }))

  it('has those that failed last, the longest ago first, until five minutes are over', () => {
    let now = 1
    const order = createAddressOrder(() => now)
    const sorted = () => order.sort(four).map(({ address }) => address)
    order.noteFailure('c')
    now += 1_000
    order.noteFailure('a')
    expect(sorted()).toEqual(['b', 'd', 'c', 'a'])
    order.noteSuccess('c')
    expect(sorted()).toEqual(['b', 'c', 'd', 'a'])
    now += 300_001
    expect(sorted()).toEqual(['a', 'b', 'c', 'd'])
  })
})

describe('a name server that keeps silent', () => {
  it('is not told as a party that takes no connection', async () => {
    const { fault } = await ask(client([], 80))
    expect(fault).toMatchObject({
      code: 'dns_error',
      info: { detail: expect.stringContaining('not resolved') },
    })
  })
})

describe('an idle connection that is reset when a request is about to use it', () => {
  it.each(['GET', 'POST'])(
    'costs no %s: nothing of it was written, so it goes out on another one',
    async (method) => {
      const asked: string[] = []
      const server = await listen('127.0.0.1', 0, (request, response) => {
        asked.push(request.method!)
        request.resume().on('end', () => response.end('{}'))
      })
      const { forwarding, network } = testConfig()
      const send = createSend(forwarding, network)
      closing.push(send.close)
      const sockets: Socket[] = []
      const noteSocket = (message: unknown) => void sockets.push((message as { socket: Socket }).socket)
      channel('undici:client:connected').subscribe(noteSocket)
      closing.push(async () => channel('undici:client:connected').unsubscribe(noteSocket))
      const ask = () =>
        send({
          platformId: 'cpo',
          origin: `http://127.0.0.1:${portOf(server)}`,
          path: '/',
          method,
          headers: [],
          body: method === 'POST' ? Buffer.from('{}') : undefined,
          timeoutMs: 5_000,
          phases: {},
        }).answer
      expect((await ask()).status).toBe(200)
      // undici looks at a connection again in the next turn of the loop.
      await setImmediate()
      await setImmediate()
      const second = ask()
      expect(sockets).toHaveLength(1)
      sockets[0]!.destroy(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }))
      expect((await second).status).toBe(200)
      expect([asked, sockets.length]).toEqual([[method, method], 2])
    },
  )
})

describe('a reused connection that breaks while the party, which is gone then, has the request', () => {
  it.each([
    ['PUT', 'connection_terminated'],
    ['DELETE', 'connection_terminated'],
    ['GET', 'connection_refused'],
  ])(
    'may have brought a %s: that the second attempt did not arrive is told of what has no effect alone',
    async (method, code) => {
      const asked: string[] = []
      const server = await listen('127.0.0.1', 0, (request, response) => {
        asked.push(request.method!)
        if (asked.length === 1) return void response.end('{}')
        server.close()
        request.socket.destroy()
      })
      const { forwarding, network } = testConfig()
      const send = createSend(forwarding, network)
      closing.push(send.close)
      const origin = `http://127.0.0.1:${portOf(server)}`
      const request = { platformId: 'cpo', origin, path: '/', method, headers: [], body: undefined }
      const ask = () => send({ ...request, timeoutMs: 5_000, phases: {} }).answer
      expect((await ask()).status).toBe(200)
      await setImmediate()
      await setImmediate()
      await expect(ask()).rejects.toMatchObject({ code })
      expect(asked).toEqual([method, method])
    },
  )
})
