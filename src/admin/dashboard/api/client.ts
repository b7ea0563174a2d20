// Calls of the admin API with the session's cookie. Whatever goes wrong becomes a Failure: one sentence for people,
// and what the API said about single parameters.

/** Why a call gave nothing. */
export interface Failure {
  /** HTTP status; 0 = no answer came. */
  readonly status: number
  /** One sentence. */
  readonly detail: string
  /** What is wrong with which parameter. */
  readonly errors: readonly { readonly parameter: string; readonly message: string }[]
  /** Everything else the problem says, e.g. `fault`. */
  readonly members: Readonly<Record<string, unknown>>
}

export type Result<Value> =
  | { readonly ok: true; readonly value: Value; readonly etag?: string }
  | { readonly ok: false; readonly failure: Failure }

export interface CallOptions {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly body?: unknown
  /** Entity tag of what was read: the change is refused when it is not that any more. */
  readonly ifMatch?: string | undefined
  readonly signal?: AbortSignal
}

/** Says "this page and nobody else" (the API takes changes by cookie only with it). */
const PAGE_HEADERS = { 'X-OCPI-Hub': 'dashboard' }

/**
 * What a hub that has stopped or a way that swallows packets is given, or a page would wait for ever. What is read is
 * there at once; a change may be a registration at a platform.
 */
const READING_MS = 15_000
const CHANGE_MS = 60_000

let onLoggedOut = (): void => {}

/** Sets what happens when the API does not know the session any more. */
export function whenLoggedOut(listener: () => void): void {
  onLoggedOut = listener
}

/** Calls `/api/v1<path>`; never rejects, but for an abort. */
export async function call<Value>(path: string, options: CallOptions = {}): Promise<Result<Value>> {
  const result = await send<Value>(`/api/v1${path}`, options)
  if (!result.ok && result.failure.status === 401) onLoggedOut()
  return result
}

/** Calls any path of this origin; a 401 is left to the caller. */
export async function send<Value>(url: string, options: CallOptions): Promise<Result<Value>> {
  const { method = 'GET', body, ifMatch, signal } = options
  const limit = AbortSignal.timeout(method === 'GET' ? READING_MS : CHANGE_MS)
  let response: Response
  try {
    response = await fetch(url, {
      method,
      headers: {
        ...PAGE_HEADERS,
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...(ifMatch === undefined ? {} : { 'If-Match': ifMatch }),
      },
      credentials: 'same-origin',
      redirect: 'error',
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
    })
  } catch (error) {
    if (signal?.aborted) throw error
    return { ok: false, failure: noAnswer() }
  }
  const text = await response.text().catch(() => undefined)
  if (text === undefined) return { ok: false, failure: noAnswer() }
  const json = parse(text)
  if (response.ok && json === undefined && text !== '') return { ok: false, failure: notTheHub(response) }
  if (response.ok) {
    const etag = response.headers.get('ETag')
    return { ok: true, value: json as Value, ...(etag === null ? {} : { etag }) }
  }
  return { ok: false, failure: toFailure(response, json) }
}

function noAnswer(): Failure {
  return {
    status: 0,
    detail: 'The hub does not answer. It may be restarting, or the way to it is broken.',
    errors: [],
    members: {},
  }
}

/** A log-in page or a notice of a proxy, where the hub would have answered JSON. */
function notTheHub({ status }: Response): Failure {
  return {
    status,
    detail: 'Something between you and the hub answered in its place, perhaps a log-in. Load the page again.',
    errors: [],
    members: {},
  }
}

function toFailure(response: Response, json: unknown): Failure {
  const problem = (typeof json === 'object' && json !== null ? json : {}) as Record<string, unknown>
  const { type: _type, title, status: _status, detail, errors, ...members } = problem
  return {
    status: response.status,
    detail: textOr(detail, textOr(title, otherWords(response, json))),
    errors: Array.isArray(errors) ? errors.map(toParameterError) : [],
    members,
  }
}

/** The hub answers with a problem; a load balancer that has no hub to ask, with a page of its own. */
function otherWords({ status }: Response, json: unknown): string {
  return json === undefined && status >= 502
    ? 'What stands before the hub answers in its place: the hub may be restarting, or the way to it is broken.'
    : `The hub answered HTTP ${status}.`
}

function toParameterError(error: unknown): Failure['errors'][number] {
  const { parameter, path, message } = (error ?? {}) as Record<string, unknown>
  return { parameter: textOr(parameter, textOr(path, '')), message: textOr(message, JSON.stringify(error)) }
}

function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise
}

function parse(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}

/** `?a=1&b=2` of the values that are there. */
export function queryText(values: Readonly<Record<string, string | number | undefined>>): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined && value !== '') query.set(name, String(value))
  }
  const text = query.toString()
  return text === '' ? '' : `?${text}`
}
