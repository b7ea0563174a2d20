// How often an address may show a wrong token, on the OCPI side and on the admin side. Only wrong tokens are counted and
// refused: whoever shows a valid one is never locked out, whatever others do behind the same address.

import ipaddr from 'ipaddr.js'
import type { Log } from '../journal/log.ts'

/** How many are answered as wrong in a minute, from one network. Behind one load balancer are many partners. */
const PER_NETWORK_MAX = { 'admin tokens': 10, 'credentials tokens': 60 } as const

/** Counts a wrong token of an address; gives the milliseconds to wait when it had too many. */
export type Guesses = (address: string | undefined) => number | undefined

/** From everywhere: bounds the memory that counting needs as well. */
const TOGETHER_MAX = 1000
const WINDOW_MS = 60_000

export function createGuesses(
  log: Pick<Log, 'warn'>,
  what: keyof typeof PER_NETWORK_MAX,
  now: () => number = () => performance.now(),
): Guesses {
  const perNetworkMax = PER_NETWORK_MAX[what]
  const counts = new Map<string, number>()
  let together = 0
  let endsAt = -Infinity
  return (address) => {
    const at = now()
    if (at >= endsAt) {
      counts.clear()
      together = 0
      endsAt = at + WINDOW_MS
    }
    const network = networkOf(address)
    const before = counts.get(network) ?? 0
    if (before < perNetworkMax && together < TOGETHER_MAX) {
      counts.set(network, before + 1)
      together++
      return undefined
    }
    // Once a window: whoever guesses is not to fill the log as well.
    if (before === perNetworkMax) {
      counts.set(network, before + 1)
      log.warn({ address }, `too many wrong ${what} from one address; more of them are answered 429`)
    }
    return endsAt - at
  }
}

// An IPv6 user has a whole /64 to guess from.
function networkOf(address: string | undefined): string {
  if (address === undefined || !ipaddr.isValid(address)) return 'unknown'
  const parsed = ipaddr.process(address)
  return parsed.kind() === 'ipv4' ? parsed.toString() : parsed.toByteArray().slice(0, 8).join('.')
}
