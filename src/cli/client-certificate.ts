// What the verbs that ask a hub ask with: a `fetch` that shows a client certificate when the environment names one, for
// listeners with `client_ca`.

import { readFileSync } from 'node:fs'
import type { ClientCertificate } from '../forwarding/fetch.ts'
import { tlsProblem } from '../http/tls.ts'
import { failure, misuse, type CliContext } from './context.ts'

const CERT = 'OCPI_HUB_CLIENT_CERT'
const KEY = 'OCPI_HUB_CLIENT_KEY'
export const CERTIFICATE_HELP = `${CERT} and ${KEY} name the PEM files of a client certificate, for a hub that demands one.`

/** Three heartbeats of a stream of the hub: one that hangs must not look like one where nothing fails. */
const SILENCE_MS = 45_000

/**
 * `fetch`, with the certificate that the environment names if it does, once what it stands on is loaded: a time that is
 * set for an answer must not run before. Throws a failure when the files cannot be used.
 */
export function loadHubFetch(context: CliContext): Promise<typeof fetch> {
  const certificate = clientCertificate(context)
  // Verbs that ask no hub do not wait for the library behind it.
  return import('../forwarding/fetch.ts').then(({ createFetch }) =>
    createFetch({ certificate, silenceMs: SILENCE_MS }),
  )
}

/** The same at once, for those that wait for an answer as long as loading may take and longer. */
export function hubFetch(context: CliContext): typeof fetch {
  const loaded = loadHubFetch(context)
  return async (input, init) => (await loaded)(input, init)
}

function clientCertificate({ env }: CliContext): ClientCertificate | undefined {
  const [cert, key] = [env[CERT], env[KEY]]
  if (!cert && !key) return undefined
  if (!cert || !key) throw misuse(`${CERT} and ${KEY} go together: ${cert ? KEY : CERT} is missing`)
  const problem = tlsProblem({ cert, key })
  if (problem !== undefined) throw failure(`${CERT} and ${KEY} cannot be used: ${problem}`)
  return { cert: readFileSync(cert), key: readFileSync(key) }
}
