// A hub with the sandbox's parties and some hours behind it: what the pictures of the documentation show.

import { writeAuthorization } from '../../src/ocpi/token.ts'
import { startSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts'
import { callHttp } from '../support/caller.ts'
import { testConfig } from '../support/config.ts'
import { startHub, type TestHub } from '../support/hub.ts'
import { stablePort } from '../support/ports.ts'
import { platformOf } from '../wire/sandbox-caller.ts'

export interface SandboxHub {
  readonly hub: TestHub
  /** One request of a sandbox party to another through the hub: `GET sender/locations`. */
  call(caller: string, to: string, request: string, call?: SandboxHubCall): Promise<void>
  close(): Promise<void>
}

export interface SandboxHubCall {
  readonly correlationId?: string
  readonly json?: unknown
}

/** Deadline of the hub, so that a silent party does not hold up the pictures. Milliseconds. */
const TIMEOUT_MS = 250

/** More than fail in a row in two hours: nobody goes OFFLINE before the pictures are taken. */
const OFFLINE_AFTER = 60

const ROUTES = [
  { from: ['NL-*'], to: ['DE-CPO'], module: ['commands'], timeoutMs: 60_000 },
  { from: ['FR-*'], to: ['DE-SUS'], deliverTo: 'DE-MUL' },
  { from: ['DE-MUL'], module: ['cdrs'], action: 'deny' },
  { module: ['tokens'], method: ['POST'], to: 'none', deliverTo: 'NL-EMS' },
] as const

/** Starts both. Results of commands come back to the hub's public URL, so it is the one the hub listens on. */
export async function startSandboxHub(): Promise<SandboxHub> {
  const port = await stablePort()
  const publicUrl = `http://127.0.0.1:${port}`
  const sandbox = await startSandbox({ port: 0, hubVersionsUrl: `${publicUrl}/ocpi/versions` })
  const { listen } = testConfig()
  const hub = await startHub({
    hub: { publicUrl, name: 'Example Roaming Hub' },
    listen: { ocpi: { host: '127.0.0.1', port }, admin: listen.admin },
    forwarding: { timeoutMs: TIMEOUT_MS, connectTimeoutMs: TIMEOUT_MS },
    liveness: { probeAfterMs: 3_600_000, timeoutMs: 500, offlineAfter: OFFLINE_AFTER },
    platforms: sandbox.platforms,
    routes: ROUTES,
  })
  return {
    hub,
    call: (caller, to, request, call = {}) => callHub({ hub, sandbox }, { caller, to, request, ...call }),
    close: async () => {
      await hub.close()
      await sandbox.close()
    },
  }
}

async function callHub(
  { hub, sandbox }: { hub: TestHub; sandbox: Sandbox },
  {
    caller,
    to,
    request,
    correlationId,
    json,
  }: SandboxHubCall & { caller: string; to: string; request: string },
): Promise<void> {
  const { tokens, version } = platformOf(sandbox, caller)
  const [method = '', path = ''] = request.split(' ')
  const [country = '', id = ''] = to.split('-')
  await callHttp(hub.ocpiUrl, {
    method,
    path: `/ocpi/${version}/${path}`,
    headers: [
      ['Authorization', writeAuthorization(tokens.inbound, 'base64')],
      ['OCPI-from-country-code', caller.slice(0, 2)],
      ['OCPI-from-party-id', caller.slice(3)],
      ['OCPI-to-country-code', country],
      ['OCPI-to-party-id', id],
      ...(correlationId === undefined ? [] : [['X-Correlation-ID', correlationId] as const]),
    ],
    body: json === undefined ? undefined : JSON.stringify(json),
  })
}

type Request = readonly [caller: string, to: string, request: string]

/** What happens in an ordinary minute. */
const GOOD: readonly Request[] = [
  ['NL-EMS', 'DE-CPO', 'GET sender/locations?limit=2'],
  ['NL-EMS', 'DE-CPO', 'GET sender/tariffs?limit=2'],
  ['NL-EMS', 'DE-MUL', 'GET sender/locations?limit=2'],
  ['DE-CPO', 'NL-EMS', 'GET sender/tokens?limit=2'],
  ['DE-MUL', 'NL-EMS', 'GET sender/tokens?limit=2'],
  ['DE-MUL', 'DE-CPO', 'GET sender/tariffs?limit=2'],
  ['FR-EMS', 'FR-CPO', 'GET sender/locations?limit=2'],
  ['FR-CPO', 'FR-EMS', 'GET sender/tokens?limit=2'],
]

/** What fails, how often in a hundred minutes, and from which to which of the minutes shown (0 = now). */
const BAD: readonly (readonly [request: Request, often: number, from: number, to: number])[] = [
  [['NL-EMS', 'DE-SLO', 'GET sender/locations'], 45, 120, 0],
  [['NL-EMS', 'DE-OFF', 'PUT receiver/tokens/NL/EMS/TOKEN1'], 60, 42, 0],
  [['DE-MUL', 'DE-OFF', 'GET sender/locations'], 20, 42, 0],
  [['NL-EMS', 'DE-HTM', 'GET sender/locations'], 25, 120, 0],
  [['NL-EMS', 'DE-401', 'GET sender/locations'], 70, 14, 0],
  [['DE-MUL', 'DE-401', 'GET sender/locations'], 30, 14, 0],
  [['NL-EMS', 'DE-CUT', 'GET sender/locations'], 12, 120, 0],
  [['DE-MUL', 'DE-CUT', 'GET sender/locations'], 30, 31, 22],
  [['DE-MUL', 'DE-BIG', 'GET sender/locations?bytes=60000000&declared=true'], 40, 110, 70],
  [['NL-EMS', 'DE-OUT', 'GET sender/locations'], 20, 120, 0],
  [['NL-EMS', 'DE-STA', 'GET sender/locations/status/2003'], 30, 120, 0],
  [['DE-MUL', 'DE-STA', 'GET sender/locations/status/3001'], 20, 120, 0],
  [['NL-EMS', 'DE-CPO', 'GET sender/locations/NOWHERE'], 35, 120, 0],
  [['DE-MUL', 'DE-CPO', 'GET sender/tariffs/NONE'], 8, 120, 0],
  [['NL-EMS', 'DE-MUL', 'GET sender/sessions'], 18, 120, 0],
  [['NL-EMS', 'DE-TOP', 'GET sender/locations'], 16, 120, 0],
  [['DE-CPO', 'NL-EMS', 'GET sender/chargers'], 9, 120, 0],
  [['FR-CPO', 'NL-EMS', 'GET sender/tokens?limit=2'], 25, 90, 0],
  [['FR-EMS', 'DE-CPO', 'GET sender/locations?limit=2'], 14, 120, 0],
]

/** The requests of the minute that was `minutesAgo`: the same at every run. */
export function requestsOf(minutesAgo: number): Request[] {
  const rhythm = 3 + 2 * Math.sin(minutesAgo / 9) + ((minutesAgo * 7) % 3)
  const good = GOOD.flatMap((request, index) =>
    Array.from({ length: Math.max(1, Math.round(rhythm - index / 3)) }, () => request),
  )
  const bad = BAD.flatMap(([request, often, from, to], index) => {
    const lot = (minutesAgo * 37 + index * 53) % 100
    return minutesAgo <= from && minutesAgo >= to && lot < often ? [request] : []
  })
  return [...good, ...bad]
}
