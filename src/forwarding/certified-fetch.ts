// `fetch` that shows a client certificate. Node's own takes no dispatcher of another release of undici.

import { Agent, fetch as fetchWith } from 'undici'

/** Shows this certificate wherever one is asked for; `cert` and `key` are PEM. */
export function certifiedFetch(connect: { readonly cert: Buffer; readonly key: Buffer }): typeof fetch {
  const dispatcher = new Agent({ connect })
  return async (input, init) => {
    const answer: unknown = await fetchWith(input as string, { ...(init as object), dispatcher })
    return answer as Response
  }
}
