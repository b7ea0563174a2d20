// Which headers of an answer go on to the requester: end-to-end ones that do not show where the responder runs.

// Hop-by-hop (RFC 9110 §7.6.1), what the hub writes itself, and what is between the responder and its clients.
const NOT_RELAYED = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authentication-info',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'content-length',
  'date',
  'set-cookie',
  'server',
  'x-powered-by',
  'via',
  'alt-svc',
  'www-authenticate',
  'authentication-info',
  'strict-transport-security',
  'content-location',
  'refresh',
  'age',
  'x-aspnet-version',
  'x-aspnetmvc-version',
  'x-runtime',
  'x-served-by',
  'x-backend-server',
  'x-amz-cf-id',
  'nel',
  'report-to',
  'content-security-policy',
  'access-control-allow-origin',
  'expect-ct',
  'ocpi-to-country-code',
  'ocpi-to-party-id',
  'ocpi-from-country-code',
  'ocpi-from-party-id',
  'x-request-id',
  'x-correlation-id',
])

/** The headers of a raw answer that matter, read in one pass. */
export interface AnswerHead {
  readonly relay: string[]
  readonly contentEncoding: string | undefined
  readonly retryAfter: string | undefined
}

/** What becomes of a header: relayed if its value shows nothing, left out, or looked at by name. */
type Kind = 'relay' | 'drop' | 'connection' | 'url' | 'content-type' | 'content-encoding' | 'retry-after'

const LOOKED_AT: ReadonlyMap<string, Kind> = new Map([
  ['connection', 'connection'],
  // These two are read in any spelling and replaced by hub URLs (translate.ts).
  ['link', 'url'],
  ['location', 'url'],
  ['content-type', 'content-type'],
  ['content-encoding', 'content-encoding'],
  ['retry-after', 'retry-after'],
])
// By the spelling that came, so that the case of each name is folded once. Bounded: responders choose names.
const KINDS = new Map<string, Kind>()
const KINDS_MAX = 2_000

const RETRY_AFTER = /^(?:\d{1,9}|[A-Za-z]{3}, [\x20-\x7e]{10,40})$/
// Not plain text, or a URL or an address: in a header that OCPI gives no meaning to it would show a host.
const DOUBTFUL = /[^\x20-\x7e\t]|:\/\/|\b\d{1,3}(?:\.\d{1,3}){3}\b/

function kindOf(name: string): Kind {
  let kind = KINDS.get(name)
  if (kind === undefined) {
    const lower = name.toLowerCase()
    kind = LOOKED_AT.get(lower) ?? (NOT_RELAYED.has(lower) ? 'drop' : 'relay')
    if (KINDS.size < KINDS_MAX) KINDS.set(name, kind)
  }
  return kind
}

/** Reads the flat headers of a raw answer. A Content-Type is always there, and it is JSON's. */
export function readAnswerHead(headers: readonly string[]): AnswerHead {
  const relay: string[] = []
  let contentEncoding: string | undefined
  let retryAfter: string | undefined
  let connection: string | undefined
  let json = false
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index]!
    const value = headers[index + 1]!
    const kind = kindOf(name)
    if (kind === 'drop') continue
    if (kind === 'connection') connection = connection === undefined ? value : `${connection},${value}`
    else if (kind === 'url') relay.push(name, value)
    else if (!DOUBTFUL.test(value)) {
      if (kind === 'content-type') {
        if (json || !/^application\/json\b/i.test(value)) continue
        json = true
      } else if (kind === 'content-encoding') contentEncoding = value
      else if (kind === 'retry-after' && RETRY_AFTER.test(value)) retryAfter = value
      relay.push(name, value)
    }
  }
  if (connection !== undefined) dropNamed(relay, connection)
  if (!json) relay.push('Content-Type', 'application/json')
  return { relay, contentEncoding, retryAfter }
}

/** The hub's own body under the responder's other headers. */
export function withJson(relay: readonly string[]): string[] {
  const headers: string[] = ['Content-Type', 'application/json']
  for (let index = 0; index < relay.length; index += 2) {
    if (!/^content-/i.test(relay[index]!)) headers.push(relay[index]!, relay[index + 1]!)
  }
  return headers
}

/**
 * Names listed in Connection are hop-by-hop (RFC 9110 §7.6.1). Those that say how the body or the rest of a list is read
 * stay: they are meant for all recipients, and without them a list would end here, or its coding be unknown.
 */
function dropNamed(headers: string[], connection: string): void {
  const lower = connection.toLowerCase()
  if (lower === 'keep-alive' || lower === 'close') return
  const named = new Set(lower.split(',').map((name) => name.trim()))
  for (let index = headers.length - 2; index >= 0; index -= 2) {
    const name = headers[index]!.toLowerCase()
    if (named.has(name) && !LOOKED_AT.has(name)) headers.splice(index, 2)
  }
}
