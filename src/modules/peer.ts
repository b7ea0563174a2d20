// What the hub asks a peer during a handshake: its versions, its details, its credentials endpoint. Reads answers
// that may be anything, and finds out in which form the peer wants its token (R4).

import { z } from 'zod'
import { Fault, type FaultDetail } from '../faults/fault.ts'
import { observeStatus } from '../faults/http-status.ts'
import type { OwnAnswer, OwnRequest } from '../forwarding/call.ts'
import { keepLocation, keepRefusal } from '../forwarding/redact.ts'
import { plainText } from '../journal/text.ts'
import { readTarget } from '../ocpi/endpoint.ts'
import { parseJson } from '../ocpi/json-text.ts'
import type { TokenForm } from '../ocpi/token.ts'
import { isVersion, type VersionNumber } from '../ocpi/version.ts'
import type { OutboundToken } from '../registry/platform.ts'
import { type EndpointList, type FlatRole, readEndpoints } from './endpoints.ts'

/** Sends one request of the hub's own (forwarding/call.ts). Throws Faults of the transport. */
export type Call = (request: OwnRequest) => Promise<CallAnswer>
export type CallAnswer = Pick<OwnAnswer, 'httpStatus' | 'body'> & Partial<Pick<OwnAnswer, 'headers'>>

/** Whom to ask: URL and token of a peer. */
export interface Peer {
  readonly platformId: string
  readonly token: OutboundToken
  readonly timeoutMs: number
}

export interface PeerAnswer {
  readonly data: unknown
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** The token in the form the peer took it in. */
  readonly token: OutboundToken
}

const VERSIONS_MAX = 100
const SAID_CHARS_MAX = 500
const CREDENTIALS = z.object({ token: z.string() })
const VERSION_LIST = z.array(z.unknown())
const VERSION_ENTRY = z.object({ version: z.string().max(32), url: z.string().max(2048) })
const ENVELOPE = z.object({
  status_code: z.int().min(1000).max(4999),
  status_message: z.string().nullish(),
  data: z.unknown().optional(),
})

/**
 * One request to the peer; a 401 or 403 is tried once more with the token in its other form (R4). Gives the `data` of an
 * envelope with 1xxx. Throws the Fault that says what came instead; its message is one public clause.
 */
export async function askPeer(
  call: Call,
  peer: Peer,
  request: { readonly method: OwnRequest['method']; readonly url: string; readonly json?: unknown },
): Promise<PeerAnswer> {
  const { platformId, timeoutMs } = peer
  const body = request.json === undefined ? {} : { body: Buffer.from(JSON.stringify(request.json)) }
  const send = (token: OutboundToken) =>
    call({ platformId, method: request.method, url: request.url, token, timeoutMs, ...body })
  const { token } = peer
  const secrets = [token.token, ...secretsOf(request.json)]
  const answer = await send(token)
  if (isRefused(answer)) {
    const other = { ...token, form: otherForm(token.form) }
    const again = await send(other)
    // What was said first is about the form that is right by the version.
    if (!isRefused(again)) return { ...readPeerAnswer(again, secrets), token: other }
  }
  return { ...readPeerAnswer(answer, secrets), token }
}

/** Some refuse a token with 403, which others keep for addresses that they bar. */
function isRefused({ httpStatus }: CallAnswer): boolean {
  return httpStatus === 401 || httpStatus === 403
}

/** A token that is refused in one form may be taken in the other (R4). */
export function otherForm(form: TokenForm): TokenForm {
  return form === 'base64' ? 'raw' : 'base64'
}

/** What the peer may quote of a request, and nobody is to read. */
function secretsOf(json: unknown): string[] {
  const token = CREDENTIALS.safeParse(json).data?.token
  return token === undefined ? [] : [token]
}

function readPeerAnswer(
  { httpStatus, headers = {}, body }: CallAnswer,
  secrets: readonly string[],
): Pick<PeerAnswer, 'data' | 'headers'> {
  const envelope = ENVELOPE.safeParse(parseJson(body)).data
  const responder = { responderHttpStatus: httpStatus }
  if (httpStatus === 401 || !envelope) {
    throw new Fault(httpStatus === 404 ? 'endpoint_missing' : observeStatus(httpStatus), {
      ...responder,
      message: `it answered HTTP ${httpStatus}${envelope ? '' : ' without an OCPI envelope'}`,
      ...saidBy(body, headers.location, secrets),
    })
  }
  if (envelope.status_code >= 2000) {
    throw new Fault('credentials_refused', {
      ...responder,
      message: `it answered OCPI status code ${envelope.status_code}`,
      detail: plainText(envelope.status_message ?? '', 300),
    })
  }
  return { data: envelope.data, headers }
}

/** What an answer that is no envelope says, for operators: frameworks name the member that they refuse. */
function saidBy(body: Buffer, location: string | undefined, secrets: readonly string[]): FaultDetail {
  const all = secrets.flatMap((secret) => [secret, Buffer.from(secret).toString('base64')])
  const kept = keepRefusal(body, all)
  const text = 'text' in kept ? kept.text.replace(/\s+/g, ' ') : ''
  const said = [location === undefined ? '' : `redirected to ${keepLocation(location, all)}`, text]
    .filter(Boolean)
    .join('; ')
  return said === '' ? {} : { detail: plainText(said, SAID_CHARS_MAX) }
}

export interface PeerVersion {
  readonly version: VersionNumber
  /** URL of its details. */
  readonly url: string
}

export interface PeerVersions {
  /** Versions the peer offers and this hub knows. */
  readonly versions: readonly PeerVersion[]
  /** Those of them whose URL cannot be called. */
  readonly unusable: readonly VersionNumber[]
  readonly token: OutboundToken
}

/** Asks for the versions; `answer_not_ocpi` if it is no list. */
export async function askVersions(call: Call, peer: Peer, url: string): Promise<PeerVersions> {
  const { data, token } = await askPeer(call, peer, { method: 'GET', url })
  const list = VERSION_LIST.safeParse(data)
  if (!list.success) throw new Fault('answer_not_ocpi', { message: 'it answered no list of versions' })
  const known = list.data.slice(0, VERSIONS_MAX).flatMap((entry) => {
    const parsed = VERSION_ENTRY.safeParse(entry).data
    return parsed && isVersion(parsed.version) ? [{ version: parsed.version, url: parsed.url }] : []
  })
  const versions = known.filter(({ url: its }) => readTarget(its) !== undefined)
  const unusable = known.filter((one) => !versions.includes(one)).map(({ version }) => version)
  return { versions, unusable, token }
}

/** One of the versions, `undefined` if it is not offered. Throws `answer_not_ocpi` if its URL cannot be called. */
export function pickVersion(
  { versions, unusable }: PeerVersions,
  version: VersionNumber,
): PeerVersion | undefined {
  const found = versions.find((one) => one.version === version)
  if (!found && unusable.includes(version)) {
    throw new Fault('answer_not_ocpi', {
      message: `its list of versions gives ${version} a URL that is not an absolute http or https one`,
    })
  }
  return found
}

/** Asks for the versions at a URL and picks one of them. */
export async function askVersion(
  call: Call,
  peer: Peer,
  { url, version }: { readonly url: string; readonly version: VersionNumber },
): Promise<PeerVersions & { readonly picked: PeerVersion | undefined }> {
  const found = await askVersions(call, peer, url)
  return { ...found, picked: pickVersion(found, version) }
}

export interface EndpointParts {
  readonly call: Call
  /** Whether the hub may call a URL as it is written. */
  readonly allowsUrl: (url: URL) => boolean
  /** Told of the entries of a platform's version details that were left out, if there are any. */
  readonly onLeftOut: (platformId: string, leftOut: readonly string[]) => void
}

/**
 * Endpoints in the details of one version, and the token in the form the peer took it in: versions may be open to all,
 * and then only the details tell it. Throws `answer_not_ocpi` if there is no list of them,
 * `destination_ip_prohibited` if one of them could never be called.
 */
export async function askEndpoints(
  { call, allowsUrl, onLeftOut }: EndpointParts,
  peer: Peer,
  version: PeerVersion,
  side: FlatRole | undefined,
): Promise<{ readonly list: EndpointList; readonly token: OutboundToken }> {
  const { data, token } = await askPeer(call, peer, { method: 'GET', url: version.url })
  const list = readEndpoints(data, version.version, side)
  if (!list) throw new Fault('answer_not_ocpi', { message: 'it answered no list of endpoints' })
  if (list.leftOut.length > 0) onLeftOut(peer.platformId, list.leftOut)
  const barred = list.endpoints.find(({ url }) => !allowsUrl(new URL(url)))
  if (barred) {
    throw new Fault('destination_ip_prohibited', {
      message: `its URL of ${barred.module} has a scheme or an address that the hub must not call`,
      detail: barred.url,
    })
  }
  return { list, token }
}
