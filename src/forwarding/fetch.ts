// `fetch` of the library that forwards. That of Node 20 never settles, and lets the process end without a word, when
// what listens closes a connection as soon as it was made; and it takes no dispatcher of another release.

import { Agent, fetch as fetchWith } from 'undici'

/** What is shown wherever a client certificate is asked for; both are PEM. */
export interface ClientCertificate {
  readonly cert: Buffer
  readonly key: Buffer
}

export interface FetchOptions {
  readonly certificate?: ClientCertificate | undefined
  /** An answer that has begun fails when nothing more comes for so long. */
  readonly silenceMs: number
}

/** A `fetch` with connections of its own, which show this certificate if there is one. */
export function createFetch({ certificate, silenceMs }: FetchOptions): typeof fetch {
  const dispatcher = new Agent({
    bodyTimeout: silenceMs,
    ...(certificate && { connect: { ...certificate } }),
  })
  return async (input, init) => {
    const answer: unknown = await fetchWith(input as string, { ...(init as object), dispatcher })
    return answer as Response
  }
}
