// Keeps a picture of a store current and knows how well that goes: pulls on hints (bursts make one pull) and on a
// poll, pulls everything after any trouble, and tells how old the picture is.

import { Fault, toFault } from '../faults/fault.ts'
import type { Log } from '../journal/log.ts'
import type { Mirror } from './mirror.ts'
import type { RegistryStore, StoreHead } from './store.ts'

export interface Upkeep {
  /** The first pull. Throws what is not cured by waiting: a newer store, or a store of this process that fails. */
  start(): Promise<void>
  /** Everything, a moment later; nothing of a store that nobody else writes to. */
  pullSoon(): void
  /** Takes over at once what others have written until now. Never rejects. */
  catchUp(): Promise<void>
  /** Runs a call to the store; its outcome says whether the store is well. */
  watchOver<Result>(work: () => Promise<Result>): Promise<Result>
  /** Why the store is not well, for operators. */
  problem(): string | undefined
  /** What the operator should mend although the store is well. */
  concern(): string | undefined
  /** Since the picture was last known to be current. */
  stalenessSeconds(): number
  stop(): void
}

export interface UpkeepOptions {
  readonly mirror: Mirror
  readonly pollMs: number
  /** How long a pull that is not urgent should wait yet. */
  readonly restMs: () => number
  readonly log: Pick<Log, 'info' | 'warn'>
}

// Changes that come closer together than this make one pull and one rebuild.
const BURST_MS = 10
const COMPLETE_MS = 5 * 60_000

export function createUpkeep(store: RegistryStore, options: UpkeepOptions): Upkeep {
  const { mirror, pollMs, log } = options
  let problem: string | undefined = 'not reached yet'
  let refusal: string | undefined
  let concern: string | undefined
  let currentAt = performance.now()
  let completeAt = currentAt
  let needsAll = true
  /** A pull of everything that is under way. */
  let completing: Promise<void> | undefined
  let hinted = 0
  let soon: NodeJS.Timeout | undefined
  let poll: NodeJS.Timeout | undefined
  let looking: Promise<void> | undefined
  let following: Promise<void> | undefined
  let stopped = false

  async function watchOver<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      const result = await work()
      wentWell()
      return result
    } catch (thrown) {
      wentWrong(thrown)
      throw thrown instanceof RangeError ? takenOver(thrown) : thrown
    }
  }

  function wentWell(): void {
    const isWell = problem !== undefined && refusal === undefined
    if (isWell && store.shared) log.info({}, 'the registry store is well again')
    problem = undefined
  }

  function wentWrong(thrown: unknown): void {
    // A platform that cannot be kept is the caller's trouble, not the store's.
    if (thrown instanceof Fault && thrown.code !== 'store_unavailable') return
    // Whatever was under way may have taken effect or not: only reading everything tells. A store that was taken over
    // has been read.
    if (!(thrown instanceof RangeError)) needsAll = true
    const { info, message } = toFault(thrown)
    // In words for the operator: a store that a newer hub has taken over.
    const why = thrown instanceof RangeError ? thrown.message : (info.detail ?? message)
    if (problem !== why && !stopped) log.warn({ detail: why }, 'the registry store is not well')
    problem = why
  }

  /** Reading goes well meanwhile, so nothing else would tell it before the next write. */
  function noteRefusal(why: string | undefined): void {
    if (why !== refusal && !stopped) {
      if (why === undefined) log.info({}, 'the registry store takes writes again')
      else log.warn({ detail: why }, 'the registry store takes no writes')
    }
    refusal = why
  }

  /** Told when it begins: its words may count seconds. */
  function noteConcern(what: string | undefined): void {
    if (what !== undefined && concern === undefined && !stopped) {
      log.warn({ detail: what }, 'the registry store is not as it should be')
    }
    concern = what
  }

  async function pull(): Promise<void> {
    const complete = needsAll
    needsAll = false
    if (complete) completeAt = performance.now()
    const pulled = take(complete)
    if (complete) completing = pulled
    try {
      await pulled
    } finally {
      if (completing === pulled) completing = undefined
    }
  }

  async function take(complete: boolean): Promise<void> {
    const trusted = await mirror.pull(complete)
    if (!trusted) needsAll = true
    else currentAt = performance.now()
  }

  const pullNow = (): Promise<void> => watchOver(pull)

  /** Asks where the store stands; a store that does not answer is asked again at the next turn. */
  async function lookNow(): Promise<void> {
    if (stopped) return
    try {
      // As one: a store whose head can be read and whose records cannot is not well in between.
      await watchOver(async () => {
        const theirs = await store.head()
        noteRefusal(theirs.refusal)
        noteConcern(theirs.concern)
        // A head that can be read says nothing while it is not known whether all the rest can.
        await completing
        // A part that was lost (evicted, deleted by hand) does not change the head.
        if (store.shared && performance.now() - completeAt > COMPLETE_MS) needsAll = true
        if (isKnown(theirs) && !needsAll && problem === undefined) currentAt = performance.now()
        else await pull()
      })
    } catch {
      // watchOver has told it.
    }
  }

  function isKnown(theirs: StoreHead): boolean {
    // Nobody else writes to it: what is ahead is an own write, known as soon as its answer is here.
    if (!store.shared) return true
    const ours = mirror.head()
    return theirs.birth === ours.birth && theirs.revision === ours.revision
  }

  function look(): Promise<void> {
    looking ??= lookNow().finally(() => (looking = undefined))
    return looking
  }

  function catchUp(): Promise<void> {
    if (!store.shared) return Promise.resolve()
    // Not the look that is under way, which may have asked too early; one for all who wait.
    following ??= Promise.resolve(looking).then(() => {
      following = undefined
      return look()
    })
    return following
  }

  function pullSoon(): void {
    if (!store.shared) return
    needsAll = true
    wait()
  }

  function wait(): void {
    if (stopped || soon) return
    soon = setTimeout(
      () => {
        soon = undefined
        // An own write is hinted at as well, and is known by now; but the first one gave the store its birth.
        const { revision, birth } = mirror.head()
        const isNews = needsAll || hinted > revision || birth === ''
        hinted = 0
        if (isNews) pullNow().catch(() => undefined)
      },
      Math.max(BURST_MS, options.restMs()),
    )
  }

  const unwatch = store.watch((hint) => {
    if (hint === 'reconnected') return pullSoon()
    hinted = Math.max(hinted, hint.revision)
    wait()
  })

  return {
    async start() {
      try {
        await pull()
        wentWell()
      } catch (thrown) {
        wentWrong(thrown)
        const passing = store.shared && thrown instanceof Fault
        if (!passing) throw thrown
      }
      // A store of this process is asked as well: its disk fills up, and has room again, without a write that tells it.
      poll = setInterval(() => void look(), pollMs)
      poll.unref()
    },
    pullSoon,
    catchUp,
    watchOver,
    problem: () => problem ?? refusal,
    concern: () => concern,
    stalenessSeconds: () => Math.round(performance.now() - currentAt) / 1000,
    stop() {
      stopped = true
      unwatch()
      clearTimeout(soon)
      clearInterval(poll)
    },
  }
}

/** Who asks for something while the hub runs is told as of any store that takes nothing. */
function takenOver(cause: RangeError): Fault {
  return new Fault('store_unavailable', { detail: cause.message, cause })
}
