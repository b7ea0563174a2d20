// Reads a request's head in one pass over the raw headers: who sends it, to whom, its ids, and the flat list of
// headers that go on to the responder. Anything that could be read in two ways is refused (RFC 9112 §11.2).

import { Fault, type FaultDetail } from '../faults/fault.ts'
import { isOpaqueId } from '../ocpi/headers.ts'

export interface RequestHead {
  authorization: string | undefined
  toCountry: string | undefined
  toParty: string | undefined
  fromCountry: string | undefined
  fromParty: string | undefined
  /** As sent, if it may be repeated. */
  requestId: string | undefined
  correlationId: string | undefined
  /** Value of Via: the proxies passed so far (T25). */
  via: string | undefined
  /** Present when the body is compressed or otherwise coded. */
  contentEncoding: string | undefined
  /** End-to-end headers to send on, flat: name, value, name, value … */
  forward: string[]
  /** Names that some servers take for one of the hub's own; they are not sent on. */
  lookalikes: readonly string[]
  /** A Host header was there. */
  hosted: boolean
  /** Name of a header that stands twice though it may not, or cannot be read. */
  broken: string | undefined
}

/** Headers that must not stand twice: each decides who asks, whom, or where the message ends. */
type Single =
  | 'authorization'
  | 'toCountry'
  | 'toParty'
  | 'fromCountry'
  | 'fromParty'
  | 'requestId'
  | 'correlationId'
  | 'contentEncoding'

const SINGLES: ReadonlyMap<string, Single> = new Map([
  ['authorization', 'authorization'],
  ['ocpi-to-country-code', 'toCountry'],
  ['ocpi-to-party-id', 'toParty'],
  ['ocpi-from-country-code', 'fromCountry'],
  ['ocpi-from-party-id', 'fromParty'],
  ['x-request-id', 'requestId'],
  ['x-correlation-id', 'correlationId'],
  ['content-encoding', 'contentEncoding'],
])

// Hop-by-hop (RFC 9110 §7.6.1), what the hub writes itself, and what would show one party's hosts or software
// to another. Everything else is end-to-end and goes on.
const NOT_FORWARDED = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
  'host',
  'content-length',
  'content-type',
  'cookie',
  'user-agent',
  'via',
  'forwarded',
  // The answers to these have no envelope: 304, 206, 412.
  'if-match',
  'if-none-match',
  'if-modified-since',
  'if-unmodified-since',
  'if-range',
  'range',
  'referer',
  'origin',
  // Servers and frameworks that know these take path, method or host from them: with the hub's token a requester would
  // reach what no URL leads to, a party's credentials among it.
  'x-original-url',
  'x-original-uri',
  'x-original-host',
  'x-rewrite-url',
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
  'x-host',
  // A CGI program would take it for HTTP_PROXY.
  'proxy',
])
// Where the requester is, as proxies and delivery networks in front of the hub write it: CF-Connecting-IP, X-Client-IP …
const SHOWS_ADDRESS = /^x-forwarded|(?:client|connecting|real|remote|originating)-?(?:ip|addr)$/

// Visible ASCII, blanks and tabs: what any receiver reads the same way.
const CLEAN_VALUE = /^[\x20-\x7e\t]*$/
/** Codings the hub can look into to read a status code. */
const READABLE_CODINGS = new Set(['gzip', 'x-gzip', 'deflate', 'br', 'identity'])

const NONE: readonly string[] = []

/** The head of a request without headers. All members at once, and none is ever deleted: one shape is cheap. */
export function createHead(): RequestHead {
  return {
    authorization: undefined,
    toCountry: undefined,
    toParty: undefined,
    fromCountry: undefined,
    fromParty: undefined,
    requestId: undefined,
    correlationId: undefined,
    via: undefined,
    contentEncoding: undefined,
    forward: [],
    lookalikes: NONE,
    hosted: false,
    broken: undefined,
  }
}

/** What becomes of a header: a member of the head, sent on, or one of those looked at by name. */
type Kind = Single | 'forward' | 'drop' | 'lookalike' | 'host' | 'connection' | 'via' | 'accept-encoding'

const LOOKED_AT = new Set(['host', 'connection', 'via', 'accept-encoding'])
// By the spelling that came, so that a busy hub folds the case of each name once. Bounded: strangers choose names.
const KINDS = new Map<string, Kind>()
const KINDS_MAX = 2_000

function kindOf(name: string): Kind {
  let kind = KINDS.get(name)
  if (kind === undefined) {
    const lower = name.toLowerCase()
    kind = kindByName(lower)
    // CGI, WSGI, Rack and PHP write `-` and `_` alike: OCPI_from_party_id would stand beside the hub's own, or win.
    const plain = lower.replace(/[^a-z0-9]/g, '-')
    if (kind === 'forward' && kindByName(plain) !== 'forward') kind = 'lookalike'
    if (KINDS.size < KINDS_MAX) KINDS.set(name, kind)
  }
  return kind
}

function kindByName(lower: string): Kind {
  if (LOOKED_AT.has(lower)) return lower as Kind
  return SINGLES.get(lower) ?? (NOT_FORWARDED.has(lower) || SHOWS_ADDRESS.test(lower) ? 'drop' : 'forward')
}

/** Reads `rawHeaders` (Node's flat list). Never throws: what is broken is named in `broken`. */
export function readHead(rawHeaders: readonly string[]): RequestHead {
  const head = createHead()
  let connection: string | undefined
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!
    const value = rawHeaders[index + 1]!
    const kind = kindOf(name)
    switch (kind) {
      case 'forward':
        head.forward.push(name, value)
        break
      case 'drop':
        break
      case 'lookalike':
        head.lookalikes = [...head.lookalikes, name]
        break
      case 'host':
        if (head.hosted) head.broken ??= name
        head.hosted = true
        break
      case 'connection':
        connection = connection === undefined ? value : `${connection},${value}`
        break
      case 'via':
        head.via = head.via === undefined ? value : `${head.via}, ${value}`
        break
      case 'accept-encoding':
        forwardCodings(head.forward, value)
        break
      default:
        if (head[kind] !== undefined || !CLEAN_VALUE.test(value)) head.broken ??= name
        else head[kind] = value
    }
  }
  if (connection !== undefined && !/^(?:keep-alive|close)$/i.test(connection))
    dropNamed(head.forward, connection)
  if (!isOpaqueId(head.requestId)) head.requestId = undefined
  if (!isOpaqueId(head.correlationId)) head.correlationId = undefined
  return head
}

/** The Fault of a head that could be read in two ways. */
export function refuseBrokenHead(head: RequestHead): void {
  if (head.broken === undefined) return
  throw new Fault('http_request_error', {
    message: `Header ${printable(head.broken)} stands twice or is not ASCII`,
  })
}

// OCPI_to_party_id, X-OCPI-to-party-id, to-party-id, OCPI-toPartyId …
const ALMOST =
  /^[^a-z]*(?:x[^a-z]*)?(?:ocpi[^a-z]*)?(?:to|from)[^a-z]*(?:country[^a-z]*(?:code)?|party[^a-z]*(?:id)?)$/
const ALMOST_MAX = 4

/** What the journal says of headers that look like routing headers and are none. */
export function misnamed({ forward, lookalikes }: Pick<RequestHead, 'forward' | 'lookalikes'>): FaultDetail {
  const sent = [...lookalikes, ...forward.filter((_, index) => index % 2 === 0)]
  const names = sent
    .filter((name) => ALMOST.test(name.toLowerCase()))
    .slice(0, ALMOST_MAX)
    .map(printable)
  if (names.length === 0) return {}
  const detail = `no routing header: ${names.join(', ')}; the names are OCPI-to-country-code, OCPI-to-party-id, OCPI-from-…`
  return { detail }
}

function printable(name: string): string {
  return name.replace(/[^\x21-\x7e]/g, '?').slice(0, 64)
}

/** Asks the responder only for codings in which the hub can still read the status code. */
function forwardCodings(forward: string[], value: string): void {
  const codings = value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => READABLE_CODINGS.has(part.split(';')[0]!.trim().toLowerCase()))
  if (codings.length > 0) forward.push('Accept-Encoding', codings.join(', '))
}

/** Names listed in Connection are hop-by-hop (RFC 9110 §7.6.1); what the hub sets itself is not in the list. */
function dropNamed(forward: string[], connection: string): void {
  const named = new Set(connection.split(',').map((name) => name.trim().toLowerCase()))
  for (let index = forward.length - 2; index >= 0; index -= 2) {
    if (named.has(forward[index]!.toLowerCase())) forward.splice(index, 2)
  }
}
