// What an examination of a party knows so far, how it asks, and how answers are put into words. Only GET is ever
// sent; every answer is bounded in time and bytes by the sender, and whatever comes is a finding.

import { randomUUID } from 'node:crypto'
import { toFault } from '../faults/fault.ts'
import { type FaultCode, FAULTS } from '../faults/table.ts'
import type { OwnAnswer, OwnRequest } from '../forwarding/call.ts'
import type { ConnectionFacts } from '../forwarding/connection-facts.ts'
import { plainText } from '../journal/text.ts'
import { readStatusCode } from '../ocpi/envelope.ts'
import { FROM_COUNTRY, FROM_PARTY, TO_COUNTRY, TO_PARTY } from '../ocpi/headers.ts'
import { parseJson } from '../ocpi/json-text.ts'
import type { PartyId } from '../ocpi/party.ts'
import type { VersionNumber } from '../ocpi/version.ts'
import type { OutboundToken } from '../registry/platform.ts'

export type CheckResult = 'pass' | 'warn' | 'fail' | 'skip'

export interface Finding {
  readonly result: CheckResult
  /** What was seen: one line. */
  readonly found: string
  /** What to tell the partner; absent when there is nothing to mend. */
  readonly advice?: string
}

/** What a check stands on: without it the check is skipped. */
export type Ground = 'connection' | 'token' | 'versions' | 'endpoints' | 'lists'

/** One row of the examination. */
export interface Check {
  readonly id: string
  readonly title: string
  readonly needs?: Ground
  readonly run: (scene: Scene) => Finding | Promise<Finding>
}

/** What came back for one GET. */
export interface Reply {
  readonly url: string
  readonly requestId: string
  /** Absent when no HTTP answer came. */
  readonly httpStatus?: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly bytes: number
  /** The body, if it was JSON. */
  readonly json?: unknown
  /** Code of an OCPI envelope. */
  readonly statusCode?: number
  /** It came after a redirect that changed a slash. */
  readonly redirected?: true
  readonly fault?: FaultCode
  readonly durationMs: number
  /** Wall clock in the middle between question and answer. */
  readonly askedAt: number
  readonly routed: boolean
}

/** An endpoint as the party lists it, whatever it wrote. */
export interface ListedEndpoint {
  readonly version: VersionNumber
  readonly identifier: unknown
  readonly role: unknown
  readonly url: unknown
}

/** The first page of a list. */
export interface ListSample {
  readonly module: string
  /** The endpoint. */
  readonly address: string
  /** What was asked. */
  readonly url: string
  readonly reply: Reply
  readonly items: readonly unknown[]
}

/** Filled by the checks in their order. */
export interface Scene {
  /** The versions URL that was given. */
  readonly url: string
  readonly token: string
  /** Versions the hub speaks, newest first. */
  readonly versions: readonly VersionNumber[]
  /** The party the hub asks as, if it is known. */
  readonly from: PartyId | undefined
  readonly grounds: Set<Ground>
  /** Every answer so far; of their JSON only the timestamp is kept. */
  readonly replies: Reply[]
  readonly look: () => Promise<ConnectionFacts>
  readonly ask: (url: string, options?: AskOptions) => Promise<Reply>
  /** Why the hub would not get as far as connecting to the host of a URL; rejects with OUT_OF_TIME only. */
  readonly resolve: (url: string) => Promise<FaultCode | undefined>
  connection?: ConnectionFacts
  /** The token in the form that was accepted. */
  accepted?: OutboundToken
  versionList?: Reply
  offered: { readonly version: string; readonly url: string }[]
  mutual: { readonly version: VersionNumber; readonly url: string }[]
  /** The newest version whose details could be read. */
  version?: VersionNumber
  endpoints: ListedEndpoint[]
  /** A party behind the URL, to be addressed. */
  to?: PartyId | undefined
  lists: ListSample[]
}

export interface AskOptions {
  readonly token?: OutboundToken
  /** With routing headers, if both parties are known. */
  readonly routed?: boolean
}

/** Thrown when the examination has used up its time. */
export const OUT_OF_TIME = Symbol('out of time')

export interface AskParts {
  readonly call: (request: OwnRequest) => Promise<OwnAnswer>
  /** For one request. */
  readonly timeoutMs: number
  /** `performance.now()` at which the examination ends. */
  readonly endsAt: number
}

/** The `ask` of a scene. Rejects with OUT_OF_TIME only. */
export function createAsk(scene: () => Scene, parts: AskParts): Scene['ask'] {
  return async (url, options = {}) => {
    const { accepted, from, to, replies, token } = scene()
    const leftMs = parts.endsAt - performance.now()
    if (leftMs <= 0) throw OUT_OF_TIME
    const requestId = randomUUID()
    const routed = options.routed === true && from !== undefined && to !== undefined
    const startedAt = performance.now()
    const answer = await parts
      .call({
        platformId: 'examined',
        method: 'GET',
        url,
        token: options.token ?? accepted ?? { token, form: 'base64' },
        ids: [requestId, randomUUID()],
        ...(routed ? { headers: routingHeaders(from, to) } : {}),
        timeoutMs: Math.min(parts.timeoutMs, leftMs),
      })
      .catch((thrown: unknown) => toFault(thrown).code)
    const durationMs = performance.now() - startedAt
    const about = { url, requestId, routed, durationMs, askedAt: Date.now() - durationMs / 2 }
    const reply: Reply =
      typeof answer === 'string'
        ? { ...about, fault: answer, headers: {}, bytes: 0 }
        : { ...about, ...readAnswer(answer) }
    replies.push({ ...reply, json: briefly(reply.json) })
    return reply
  }
}

function routingHeaders(from: PartyId, to: PartyId): string[] {
  return [TO_COUNTRY, to.countryCode, TO_PARTY, to.partyId, FROM_COUNTRY, from.countryCode].concat([
    FROM_PARTY,
    from.partyId,
  ])
}

function readAnswer({ httpStatus, headers, body, redirected }: OwnAnswer) {
  const statusCode = readStatusCode(body)
  return {
    httpStatus,
    headers,
    bytes: body.length,
    json: parseJson(body),
    ...(statusCode === undefined ? {} : { statusCode }),
    ...(redirected ? { redirected } : {}),
  }
}

function briefly(json: unknown): unknown {
  const timestamp = member(json, 'timestamp')
  return json === undefined
    ? undefined
    : { timestamp: typeof timestamp === 'string' ? shown(timestamp) : timestamp }
}

export const pass = (found: string): Finding => ({ result: 'pass', found })
export const warn = (found: string, advice: string): Finding => ({ result: 'warn', found, advice })
export const fail = (found: string, advice: string): Finding => ({ result: 'fail', found, advice })
export const skip = (found: string): Finding => ({ result: 'skip', found })

/** Whether the answer is an envelope that says it worked. */
export function isGood({ httpStatus = 0, statusCode = 0 }: Reply): boolean {
  return httpStatus >= 200 && httpStatus < 300 && statusCode >= 1000 && statusCode < 2000
}

/** `data` of an envelope. */
export function dataOf({ json }: Reply): unknown {
  return member(json, 'data')
}

/** A member of what may be an object. */
export function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}

/** What is wrong with an answer that is none of the wanted ones: in words, and what to tell the partner. */
export function describeReply(reply: Reply): Required<Pick<Finding, 'found' | 'advice'>> {
  const { fault, httpStatus = 0, headers, statusCode } = reply
  if (fault !== undefined) return describeFault(fault, reply.durationMs)
  if (httpStatus >= 300 && httpStatus < 400) {
    return {
      found: `HTTP ${httpStatus}, a redirect to ${shown(headers.location ?? 'nowhere')}`,
      advice:
        'Answer at the URL itself: the hub follows no redirect but to the same URL with or without a slash at its end.',
    }
  }
  const message = member(reply.json, 'status_message')
  const said = typeof message === 'string' && message !== '' ? `: ${shown(message)}` : ''
  const code = statusCode === undefined ? '' : `, OCPI status code ${statusCode}${said}`
  if (httpStatus === 401 || httpStatus === 403) {
    return {
      found: `HTTP ${httpStatus}${code || ': the token is refused'}`,
      advice: 'Check that the token handed over is the one that is stored for the hub.',
    }
  }
  if (statusCode !== undefined) {
    return {
      found: `HTTP ${httpStatus}${code}`,
      advice: 'Look in your log for this request, and say what it lacks.',
    }
  }
  const type = headers['content-type']?.split(';')[0] ?? 'no content type'
  return {
    found: `HTTP ${httpStatus} with ${reply.bytes} bytes (${shown(type)}) and no OCPI envelope`,
    advice:
      'Answer with JSON in an OCPI envelope, errors too; what answers here may be a proxy or another program.',
  }
}

/** A fault of the table in words that go on from a check's title. */
export function describeFault(
  fault: FaultCode,
  durationMs?: number,
): Required<Pick<Finding, 'found' | 'advice'>> {
  const { when, advice } = FAULTS[fault]
  const what = when.replace(/\bthe party's/g, 'its').replace(/\bthe party\b/g, 'it')
  return { found: durationMs === undefined ? what : `${what}, after ${Math.round(durationMs)} ms`, advice }
}

/** Text of the partner as part of a finding. */
export function shown(text: string): string {
  return plainText(text, 200)
}

/** The first of them, and how many more there are. */
export function listOf(names: readonly string[], max = 12): string {
  return names.slice(0, max).join(', ') + (names.length > max ? ` and ${names.length - max} more` : '')
}

/** `cdrs, tariffs: 2 objects; tokens: none`: what was found about each, equal texts together. */
export function groupOf(told: readonly (readonly [name: string, text: string])[]): string {
  const texts = [...new Set(told.map(([, text]) => text))]
  return texts
    .map((text) => `${listOf(told.flatMap(([name, its]) => (its === text ? [name] : [])))}: ${text}`)
    .join('; ')
}
