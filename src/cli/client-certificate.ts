// What the verbs that ask a hub ask with: `fetch`, or one that shows a client certificate, for listeners with `client_ca`.

import { readFileSync } from 'node:fs'
import { tlsProblem } from '../http/tls.ts'
import { failure, misuse, type CliContext } from './context.ts'

const CERT = 'OCPI_HUB_CLIENT_CERT'
const KEY = 'OCPI_HUB_CLIENT_KEY'
export const CERTIFICATE_HELP = `${CERT} and ${KEY} name the PEM files of a client certificate, for a hub that demands one.`

/** `fetch`, with the certificate that the environment names if it does. Throws a failure when its files cannot be used. */
export function hubFetch({ env }: CliContext): typeof fetch {
  const [cert, key] = [env[CERT], env[KEY]]
  if (!cert && !key) return fetch
  if (!cert || !key) throw misuse(`${CERT} and ${KEY} go together: ${cert ? KEY : CERT} is missing`)
  const problem = tlsProblem({ cert, key })
  if (problem !== undefined) throw failure(`${CERT} and ${KEY} cannot be used: ${problem}`)
  // Who needs no certificate does not wait for the library behind it.
  const certified = import('../forwarding/certified-fetch.ts').then(({ certifiedFetch }) =>
    certifiedFetch({ cert: readFileSync(cert), key: readFileSync(key) }),
  )
  return async (input, init) => (await certified)(input, init)
}
