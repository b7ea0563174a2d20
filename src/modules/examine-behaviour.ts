// Checks of how a party answers: what it does not know, the form of its envelopes, ids and routing headers, its
// clock, its speed. They look at all answers that came before them.

import { randomBytes } from 'node:crypto'
import { counted } from '../journal/text.ts'
import { joinPath, readTarget } from '../ocpi/endpoint.ts'
import { moduleKey } from '../ocpi/module.ts'
import { readDateTime } from '../ocpi/page.ts'
import { VERSIONS } from '../ocpi/version.ts'
import { ms } from './examine-connection.ts'
import {
  type Check,
  dataOf,
  describeReply,
  fail,
  type Finding,
  isGood,
  member,
  pass,
  type Reply,
  type Scene,
  shown,
  skip,
  warn,
} from './examine-scene.ts'

export const BEHAVIOUR_CHECKS: readonly Check[] = [
  { id: 'unknown_object', title: 'An unknown object is 404', needs: 'endpoints', run: checkUnknown },
  { id: 'envelope', title: 'Answers are OCPI envelopes', needs: 'token', run: checkEnvelopes },
  { id: 'ids', title: 'Answers repeat the request id', needs: 'token', run: checkIds },
  { id: 'routing_headers', title: 'Answers carry routing headers', needs: 'endpoints', run: checkRouting },
  { id: 'clock', title: 'The clock is right', needs: 'connection', run: checkClock },
  { id: 'round_trip', title: 'Answers come fast', needs: 'token', run: checkRoundTrip },
]

/** Where a single object can be asked for, in this order; `owned` = below {country_code}/{party_id}. */
const OBJECTS = [
  { module: 'locations', role: 'SENDER', owned: false },
  { module: 'tokens', role: 'RECEIVER', owned: true },
  { module: 'locations', role: 'RECEIVER', owned: true },
  { module: 'sessions', role: 'RECEIVER', owned: true },
  { module: 'tariffs', role: 'RECEIVER', owned: true },
] as const

function unknownObjectUrl({ endpoints, version, from }: Scene): string | undefined {
  for (const { module, role, owned } of OBJECTS) {
    const endpoint = endpoints.find(
      (one) =>
        one.version === version &&
        one.role === role &&
        typeof one.identifier === 'string' &&
        moduleKey(one.identifier) === module,
    )
    const target = typeof endpoint?.url === 'string' ? readTarget(endpoint.url) : undefined
    if (!target) continue
    const id = `probe-${randomBytes(6).toString('hex')}`
    const owner = owned ? `/${from?.countryCode ?? 'XX'}/${from?.partyId ?? 'HUB'}` : ''
    return target.origin + joinPath(target, `${owner}/${id}`, '')
  }
  return undefined
}

async function checkUnknown(scene: Scene): Promise<Finding> {
  const url = unknownObjectUrl(scene)
  if (url === undefined) return skip('there is no endpoint for single objects')
  const reply = await scene.ask(url, { routed: true })
  const { httpStatus, statusCode } = reply
  const advice = 'Answer HTTP 404 with an OCPI envelope (2003 for locations, 2004 for tokens).'
  if (httpStatus === 404) {
    if (statusCode !== undefined) return pass(`HTTP 404 with OCPI status code ${statusCode}`)
    return warn('HTTP 404 without an OCPI envelope', advice)
  }
  if (isGood(reply)) {
    const isEmpty = dataOf(reply) === undefined || dataOf(reply) === null
    return fail(isEmpty ? 'it answers 1xxx without data' : 'it answers an object', advice)
  }
  if (statusCode !== undefined && statusCode < 3000) {
    return warn(`HTTP ${httpStatus} with OCPI status code ${statusCode}`, advice)
  }
  return fail(describeReply(reply).found, advice)
}

function checkEnvelopes({ replies }: Scene): Finding {
  const answered = replies.filter(({ json }) => json !== undefined)
  if (answered.length === 0) return skip('no answer was JSON')
  const faults = answered.flatMap((reply) => envelopeFaults(reply).map((fault) => ({ fault, reply })))
  if (faults.length === 0) return pass(counted(answered.length, 'answer'))
  const kinds = [...new Set(faults.map(({ fault }) => fault))]
  const told = kinds.map(
    (kind) => `${kind} (${faults.filter(({ fault }) => fault === kind).length} of ${answered.length})`,
  )
  const advice = 'Each answer is {"data", "status_code", "status_message", "timestamp"} as application/json.'
  return faults.some(({ fault }) => fault === NO_CODE)
    ? fail(told.join('; '), advice)
    : warn(told.join('; '), advice)
}

const NO_CODE = 'no status_code from 1000 to 4999'

function envelopeFaults({ json, statusCode, headers, httpStatus = 0 }: Reply): string[] {
  const timestamp = member(json, 'timestamp')
  const faults: string[] = []
  if (statusCode === undefined) faults.push(NO_CODE)
  else if (timestamp === undefined) faults.push('no timestamp')
  else if (typeof timestamp !== 'string' || readDateTime(timestamp) === undefined) {
    faults.push('the timestamp is no DateTime in UTC')
  }
  if (!/^application\/json\b/i.test(headers['content-type'] ?? ''))
    faults.push('the Content-Type is not application/json')
  const isError = statusCode !== undefined && statusCode >= 2000
  if (httpStatus >= 500 && !isError) faults.push(`HTTP ${httpStatus} with 1xxx`)
  return faults
}

function checkIds({ replies }: Scene): Finding {
  const good = replies.filter(isGood)
  if (good.length === 0) return skip('nothing was answered with 1xxx')
  const missing = good.filter(({ headers, requestId }) => headers['x-request-id'] !== requestId)
  if (missing.length === 0) return pass(counted(good.length, 'answer'))
  return warn(
    `${missing.length} of ${counted(good.length, 'answer')} ${missing.length === 1 ? 'does' : 'do'} not repeat X-Request-ID`,
    'Repeat X-Request-ID and X-Correlation-ID of the request in the answer: both sides find it in their logs.',
  )
}

function checkRouting({ replies, version, from, to }: Scene): Finding {
  if (!VERSIONS[version!].routed) return skip(`${version} has none`)
  if (!from) return skip('it is not known which party the hub is')
  if (!to) return skip('it is not known which party to ask for')
  const routed = replies.filter((reply) => reply.routed && reply.httpStatus !== undefined)
  if (routed.length === 0) return skip('nothing was asked with routing headers')
  const wrong = routed.filter(({ headers }) => {
    const pairs = [
      ['ocpi-to-country-code', from.countryCode],
      ['ocpi-to-party-id', from.partyId],
      ['ocpi-from-country-code', to.countryCode],
      ['ocpi-from-party-id', to.partyId],
    ] as const
    return pairs.some(([name, value]) => headers[name]?.toUpperCase() !== value.toUpperCase())
  })
  if (wrong.length === 0) return pass(counted(routed.length, 'answer'))
  return warn(
    `missing or not turned round in ${wrong.length} of ${counted(routed.length, 'answer')}`,
    'Answer with the routing headers of the request, TO and FROM exchanged, on errors as well.',
  )
}

/** Seconds a clock may be off, and those from which records will be missed. */
const SKEW_WARN_S = 10
const SKEW_FAIL_S = 300
const HALF_HOUR_S = 1_800

function checkClock({ replies }: Scene): Finding {
  const dates = replies.flatMap(({ headers, askedAt }) => skewOf(Date.parse(headers.date ?? ''), askedAt))
  const stamps = replies.flatMap(({ json, askedAt }) => {
    const text = member(json, 'timestamp')
    return typeof text === 'string' ? skewOf(readDateTime(text) ?? Number.NaN, askedAt) : []
  })
  const told = [
    ...(dates.length > 0 ? [`Date header ${skewText(median(dates))}`] : []),
    ...(stamps.length > 0 ? [`timestamps ${skewText(median(stamps))}`] : []),
  ].join('; ')
  if (told === '') return skip('no answer tells the time')
  const worst = [dates, stamps].flatMap((list) => (list.length > 0 ? [median(list)] : []))
  const skew = worst.reduce((one, other) => (Math.abs(other) > Math.abs(one) ? other : one))
  const off = Math.abs(skew)
  if (off < SKEW_WARN_S) return pass(told)
  const zones = Math.round(off / HALF_HOUR_S)
  const isZone = zones > 0 && Math.abs(off - zones * HALF_HOUR_S) < SKEW_WARN_S
  const advice = isZone
    ? 'Write times in UTC: this looks like local time.'
    : 'Set the clock by NTP: what is read since a moment (date_from) will be missed or read twice.'
  return off < SKEW_FAIL_S ? warn(told, advice) : fail(told, advice)
}

/** Seconds the other clock is ahead. */
function skewOf(theirs: number, ours: number): number[] {
  return Number.isNaN(theirs) ? [] : [(theirs - ours) / 1000]
}

function skewText(seconds: number): string {
  // The Date header has whole seconds.
  if (Math.abs(seconds) < 2) return 'right'
  return `${shown(String(Math.round(Math.abs(seconds))))} s ${seconds > 0 ? 'ahead' : 'behind'}`
}

const SAMPLES_MIN = 5
const SLOW_MS = 1_000

/** Answers that came anyway, and a few more for the versions. */
async function checkRoundTrip(scene: Scene): Promise<Finding> {
  const good = () => scene.replies.filter(isGood)
  for (let asked = good().length; asked < SAMPLES_MIN; asked++) await scene.ask(scene.url)
  const times = good().map(({ durationMs }) => durationMs)
  const found = `min ${ms(Math.min(...times))}, median ${ms(median(times))}, max ${ms(Math.max(...times))} of ${times.length}`
  if (median(times) < SLOW_MS) return pass(found)
  return warn(found, 'Look at what takes the time: drivers wait at the charge point for these answers.')
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
