// Addresses of host names, from the machine's resolver. It takes only a few names at a time, and each holds a place
// until its name server has answered: so names whose servers keep silent must neither queue up without end nor keep
// those from being called whose addresses were known a moment ago (RFC 8767).

import { lookup as dnsLookup, type LookupAddress } from 'node:dns'
import { closeSync, openSync } from 'node:fs'
import { devNull } from 'node:os'

export type LookupResult = (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void

/** Asks for all addresses of a host name; calls back once. */
export type HostLookup = (hostname: string, done: LookupResult) => void

/** How long the resolver may take before an earlier answer of its own is taken instead. */
const PATIENCE_MS = 1_000
/** An earlier answer is good for so long. */
const KNOWN_MS = 3_600_000
const KNOWN_MAX = 10_000
/** Different names that are asked for at a time. */
const WAITING_MAX = 100

interface Known {
  readonly addresses: LookupAddress[]
  readonly at: number
}

/** The resolver did not get through, or could not even begin: this says nothing of the name. */
const UNASKED: ReadonlySet<string | undefined> = new Set(['EAI_AGAIN', 'EMFILE', 'ENFILE'])

const askResolver: HostLookup = (hostname, done) =>
  dnsLookup(hostname, { all: true }, (error, addresses) =>
    done(error && (noDescriptor() ?? error), addresses),
  )

/** That no file can be opened now. The resolver calls every name unknown then, as it can read nothing and ask nobody. */
function noDescriptor(): NodeJS.ErrnoException | undefined {
  try {
    closeSync(openSync(devNull, 'r'))
    return undefined
  } catch (error) {
    return error as NodeJS.ErrnoException
  }
}

/** Asks `resolver` once for any number of callers of a name. `now` in milliseconds. */
export function createHostLookup(
  resolver: HostLookup = askResolver,
  now: () => number = () => performance.now(),
): HostLookup {
  const waiting = new Map<string, LookupResult[]>()
  const known = new Map<string, Known>()

  function recall(hostname: string): LookupAddress[] | undefined {
    const found = known.get(hostname)
    return found && now() - found.at <= KNOWN_MS ? found.addresses : undefined
  }

  function remember(hostname: string, addresses: LookupAddress[]): void {
    // Set anew, so that the name that was answered longest ago goes first.
    known.delete(hostname)
    if (known.size >= KNOWN_MAX) known.delete(known.keys().next().value!)
    known.set(hostname, { addresses, at: now() })
  }

  function ask(hostname: string, done: LookupResult): void {
    const others = waiting.get(hostname)
    if (others) {
      others.push(done)
      return
    }
    if (waiting.size >= WAITING_MAX) {
      const error = new Error(`${WAITING_MAX} other host names wait for the resolver`)
      queueMicrotask(() => done(Object.assign(error, { code: 'EAI_AGAIN' }), []))
      return
    }
    const callbacks = [done]
    waiting.set(hostname, callbacks)
    resolver(hostname, (error, addresses) => {
      waiting.delete(hostname)
      if (!error) remember(hostname, addresses)
      // A name that is no more is not called any longer.
      else if (!UNASKED.has(error.code)) known.delete(hostname)
      for (const callback of callbacks) callback(error, addresses)
    })
  }

  return (hostname, done) => {
    const before = recall(hostname)
    if (!before) return ask(hostname, done)
    let told = false
    const tell: LookupResult = (error, addresses) => {
      if (told) return
      told = true
      clearTimeout(timer)
      if (error && UNASKED.has(error.code)) done(null, before)
      else done(error, addresses)
    }
    const timer = setTimeout(() => tell(null, before), PATIENCE_MS)
    ask(hostname, tell)
  }
}
