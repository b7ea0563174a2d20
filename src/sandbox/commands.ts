// Commands and charging profiles of an ordinary CPO (R75-R79): accepted at once, carried out by nobody, and the
// result posted to the response_url a moment later.

import { randomUUID } from 'node:crypto'
import { REQUEST_ID } from '../ocpi/headers.ts'
import { answerCode, answerData, answerMethod, type Reply } from './reply.ts'
import { isObject, swapHeaders, type RunningParty, type SandboxRequest } from './request.ts'

interface Result {
  readonly afterMs: number
  readonly body: unknown
}

const SOON_MS = 200
const LATER_MS = 1500
/** Seconds in which the result will be there (CommandResponse.timeout). */
const TIMEOUT_S = 30

const ACCEPTED: Result = { afterMs: SOON_MS, body: { result: 'ACCEPTED' } }
// A reservation is called off by the CPO later, on the same response_url (R78).
const CALLED_OFF: Result = { afterMs: LATER_MS, body: { result: 'CANCELED_RESERVATION' } }

const COMMANDS: ReadonlyMap<string, readonly Result[]> = new Map([
  ['START_SESSION', [ACCEPTED]],
  ['STOP_SESSION', [ACCEPTED]],
  ['RESERVE_NOW', [ACCEPTED, CALLED_OFF]],
  ['CANCEL_RESERVATION', [ACCEPTED]],
  ['UNLOCK_CONNECTOR', [ACCEPTED]],
])

/** `POST …/commands/{command}`: answers a CommandResponse, later posts a CommandResult. */
export function answerCommands(request: SandboxRequest, running: RunningParty): Reply {
  if (request.method !== 'POST') return answerMethod(['POST'])
  const results = COMMANDS.get(request.segments[0] ?? '')
  if (!results) return answerCode(2000, `the commands are ${[...COMMANDS.keys()].join(', ')}`)
  if (!isObject(request.body)) return answerCode(2001, 'the body has to be an object')
  return accept(request, running, request.body.response_url, results)
}

/** `GET, PUT, DELETE …/chargingprofiles/{session}`: answers a ChargingProfileResponse, later posts the result. */
export function answerChargingProfiles(request: SandboxRequest, running: RunningParty): Reply {
  if (request.segments.length !== 1) return answerCode(2001, 'the URL has to name one session')
  const fromQuery = request.query.get('response_url')
  switch (request.method) {
    case 'GET':
      return accept(request, running, fromQuery, [activeProfile(request)])
    case 'PUT':
      if (!isObject(request.body) || !isObject(request.body.charging_profile))
        return answerCode(2001, 'the body has to be an object with a charging_profile')
      return accept(request, running, request.body.response_url, [ACCEPTED])
    case 'DELETE':
      return accept(request, running, fromQuery, [ACCEPTED])
    default:
      return answerMethod(['GET', 'PUT', 'DELETE'])
  }
}

function activeProfile({ query }: SandboxRequest): Result {
  const duration = Number(query.get('duration') ?? 3600)
  const profile = {
    start_date_time: new Date().toISOString(),
    charging_profile: {
      charging_rate_unit: 'W',
      duration: Number.isSafeInteger(duration) && duration > 0 ? duration : 3600,
      charging_profile_period: [{ start_period: 0, limit: 11_000 }],
    },
  }
  return { afterMs: SOON_MS, body: { result: 'ACCEPTED', profile } }
}

function accept(
  request: SandboxRequest,
  { callbacks, platform }: RunningParty,
  responseUrl: unknown,
  results: readonly Result[],
): Reply {
  if (typeof responseUrl !== 'string' || !callbacks.mayCall(responseUrl))
    return answerCode(2001, 'response_url has to be a URL of the hub')
  const calls = results.map(({ afterMs, body }) => ({
    afterMs,
    call: {
      method: 'POST' as const,
      url: responseUrl,
      token: platform.tokens.inbound,
      headers: { ...swapHeaders(request.headers), [REQUEST_ID]: randomUUID() },
      body,
    },
  }))
  const scheduled = callbacks.schedule(calls)
  return answerData({ result: scheduled ? 'ACCEPTED' : 'REJECTED', timeout: TIMEOUT_S })
}
