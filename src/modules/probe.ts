// One question to a platform to learn whether it is there: GET versions, which has no side effect and always exists
// (R88); any other GET where its versions URL is not known.

import { readDialectAnswer } from '../dialects/dialect.ts'
import { toFault } from '../faults/fault.ts'
import type { FaultCode } from '../faults/table.ts'
import { readStatusCode } from '../ocpi/envelope.ts'
import type { TokenForm } from '../ocpi/token.ts'
import type { OutboundToken, Platform } from '../registry/platform.ts'
import { credentialsUrl } from './endpoints.ts'
import { type Call, type CallAnswer, otherForm } from './peer.ts'

export interface ProbeResult {
  readonly ok: boolean
  /** What was found wrong. */
  readonly fault?: FaultCode
  /** What the hub's operator looks at first, of `token_rejected`. */
  readonly likelyCause?: string
  readonly httpStatus?: number
  /** The form in which it takes the token of the hub, when that is not the one it had so far (R4). */
  readonly tokenForm?: TokenForm
  readonly durationMs: number
}

/**
 * Asks the platform. Any OCPI envelope is a sign of life (T28), but not one that refuses the hub's token: then it is
 * asked once more with the token in its other form, which nothing but a GET may be (T2).
 */
export async function probePlatform(call: Call, platform: Platform, timeoutMs: number): Promise<ProbeResult> {
  const startedAt = performance.now()
  const done = (result: Omit<ProbeResult, 'durationMs'>): ProbeResult => ({
    ...result,
    durationMs: Math.round(performance.now() - startedAt),
  })
  const url = probeUrl(platform)
  const { outbound } = platform
  if (!outbound || url === undefined) return done({ ok: false, fault: 'not_registered' })
  const ask = (token: OutboundToken) =>
    call({ platformId: platform.id, method: 'GET', url, token, timeoutMs })
  try {
    const answer = await ask(outbound)
    const wrong = wrongWith(answer, platform)
    if (answer.httpStatus === 401 && wrong.fault === 'token_rejected') {
      const form = otherForm(outbound.form)
      const again = await ask({ ...outbound, form }).catch(() => undefined)
      if (again && wrongWith(again, platform).fault === undefined) return done(taken(form, again, platform))
    }
    return done({ ok: wrong.fault === undefined, httpStatus: answer.httpStatus, ...wrong })
  } catch (thrown) {
    return done({ ok: false, fault: toFault(thrown).code })
  }
}

/** The platform takes the token in this form; of one in the configuration file the hub can only tell it. */
function taken(
  form: TokenForm,
  { httpStatus }: CallAnswer,
  { source }: Platform,
): Omit<ProbeResult, 'durationMs'> {
  if (source !== 'file') return { ok: true, httpStatus, tokenForm: form }
  return {
    ok: false,
    httpStatus: 401,
    fault: 'token_rejected',
    likelyCause: `it takes the token ${form === 'raw' ? 'raw' : 'in Base64'} now: set form: ${form} in its tokens`,
  }
}

function probeUrl({ versionsUrl, endpoints }: Platform): string | undefined {
  if (versionsUrl !== undefined) return versionsUrl
  const credentials = credentialsUrl(endpoints)
  if (credentials !== undefined) return credentials
  const [first] = endpoints
  // It may be a list: one object is enough.
  return first && `${first.url}${first.url.includes('?') ? '&' : '?'}limit=1`
}

type Wrong = Pick<ProbeResult, 'fault' | 'likelyCause'>

/** An error that the platform told in its own format is a sign of life, unless it is about the hub itself. */
function wrongWith(answer: CallAnswer, { errors }: Platform): Wrong {
  const isEnvelope = readStatusCode(answer.body) !== undefined
  const told = isEnvelope ? undefined : readDialectAnswer(errors, { ...answer, headers: {} })
  if (!told) {
    const fault = faultOf(answer)
    return fault === undefined ? {} : { fault }
  }
  if (told.kind !== 'fault' || told.fault === 'responder_busy') return {}
  const { fault, likelyCause } = told
  return likelyCause === undefined ? { fault } : { fault, likelyCause }
}

function faultOf({ httpStatus, body }: CallAnswer): FaultCode | undefined {
  if (httpStatus === 401) return 'token_rejected'
  if (readStatusCode(body) !== undefined) return undefined
  if (httpStatus === 403) return 'token_rejected'
  if (httpStatus === 502 || httpStatus === 503) return 'responder_unavailable'
  if (httpStatus === 504 || httpStatus === 408) return 'responder_timeout'
  return httpStatus >= 500 ? 'answer_not_ocpi' : undefined
}
