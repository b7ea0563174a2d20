// Simulated parties for the quick start, and for integrators who test their own error handling: they live in the
// hub's process but are reached over real HTTP, one server on loopback for each.

import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { partyKey, type PartyKey } from '../ocpi/party.ts'
import { createCallbacks, type Call, type Callbacks } from './callbacks.ts'
import { makeHoldings } from './holdings.ts'
import { answerGarbage, answerRequests } from './listener.ts'
import { SANDBOX_PARTIES } from './parties.ts'
import { exampleText, type SandboxParty } from './party.ts'
import {
  CLOSED_PORT,
  SANDBOX_HOST,
  SANDBOX_PORT,
  toOrigin,
  toPlatform,
  type Address,
  type SandboxPlatform,
} from './platform.ts'

export interface Sandbox {
  /** Connections for the configuration's `platforms:`. */
  readonly platforms: readonly SandboxPlatform[]
  /** For people: who is where, what it does, what to try. */
  readonly parties: readonly {
    readonly party: PartyKey
    readonly address: string
    readonly what: string
    readonly try: string
  }[]
  /** Ends every server, open connection and call-back still to come. */
  close(): Promise<void>
}

export interface SandboxOptions {
  /** Address the parties listen on, and the host of their URLs. */
  readonly host?: string
  /** Port of the first party, the others follow; 0 = any free ones. */
  readonly port?: number
  /**
   * The hub's versions URL as the hub hands it out. With it, results of commands go to this origin only, and
   * parties that fail at everything show the hub now and then that they live.
   */
  readonly hubVersionsUrl?: string
  /** Milliseconds between two signs of life of one party. */
  readonly lifeEveryMs?: number
}

const LIFE_EVERY_MS = 10_000

/** Starts the parties. Rejects, with none of them left, when one cannot listen. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { host = SANDBOX_HOST, port = SANDBOX_PORT, hubVersionsUrl, lifeEveryMs = LIFE_EVERY_MS } = options
  const callbacks = createCallbacks(hubVersionsUrl)
  const started = await Promise.allSettled(
    SANDBOX_PARTIES.map((party, index) =>
      startParty(party, { host, port: port === 0 ? 0 : port + index }, callbacks),
    ),
  )
  const parties = started.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  async function close(): Promise<void> {
    callbacks.close()
    await Promise.all(parties.map((party) => party.close()))
  }
  const failed = started.find((result) => result.status === 'rejected')
  if (failed) {
    await close()
    throw failed.reason
  }
  if (hubVersionsUrl !== undefined) {
    for (const call of signsOfLife(parties, hubVersionsUrl)) callbacks.repeat(call, lifeEveryMs)
  }
  return {
    platforms: parties.map(({ platform }) => platform),
    parties: parties.map(({ party, origin }) => ({
      party: partyKey(party),
      address: origin,
      what: party.what,
      try: exampleText(party),
    })),
    close,
  }
}

interface StartedParty {
  readonly party: SandboxParty
  readonly platform: SandboxPlatform
  readonly origin: string
  close(): Promise<void>
}

async function startParty(party: SandboxParty, at: Address, callbacks: Callbacks): Promise<StartedParty> {
  if (party.behaviour === 'closed') {
    const origin = toOrigin({ host: at.host, port: CLOSED_PORT })
    return { party, origin, platform: toPlatform(party, origin), close: () => Promise.resolve() }
  }
  const server = party.behaviour === 'garbage' ? createTcpServer(answerGarbage) : createHttpServer()
  const sockets = trackSockets(server)
  server.listen(at.port, at.host)
  await once(server, 'listening')
  const origin = toOrigin({ host: at.host, port: (server.address() as AddressInfo).port })
  const platform = toPlatform(party, origin)
  const holdings = makeHoldings(party)
  // The party's own URLs are known only now that it listens; no connection can have been accepted before this line.
  server.on(
    'request',
    answerRequests({ party, platform, origin, holdings, stored: new Map(), received: [], callbacks }),
  )
  return { party, platform, origin, close: () => closeServer(server, sockets) }
}

function trackSockets(server: Server): ReadonlySet<Socket> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  return sockets
}

// Silent parties hold their connections for as long as they are let.
async function closeServer(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  for (const socket of sockets) socket.destroy()
  await closed
}

function signsOfLife(parties: readonly StartedParty[], hubVersionsUrl: string): Call[] {
  return parties
    .filter(({ party }) => party.showsLife)
    .map(({ platform }) => ({
      method: 'GET',
      url: hubVersionsUrl,
      token: platform.tokens.inbound,
      headers: {},
    }))
}
