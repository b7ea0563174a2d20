// Group commit: writes that come while a commit is under way, or just after one, go to the disk together in the next.
// A commit costs the same for one write as for many, most of it waiting for the disk.

/** Commits what `action` puts, all or nothing. Rejects when nothing was committed. */
export type Commit = (action: () => void) => Promise<void>

export interface WriteOptions {
  /** Somebody waits for it. */
  readonly urgent?: boolean
  /** More waits behind it than one commit takes: the next one comes at the first pace, whatever came before. */
  readonly crowded?: boolean
}

export interface GroupCommit {
  /** As `Commit`; `action` may run later, and more than once if a commit fails. */
  write(action: () => void, options?: WriteOptions): Promise<void>
  /** From now on nothing waits for others; resolves when everything is committed. */
  drain(): Promise<void>
}

interface Waiting extends WriteOptions {
  readonly action: () => void
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

// From the beginning of one commit to that of the next, unless one is urgent: each takes a millisecond from requests,
// whatever is in it. So many come at the first pace; who writes on and on gets the second.
const PACE_MS = 20
const COMMITS_AT_PACE = 10
const LASTING_PACE_MS = 60

/** One commit at a time through `commit`. */
export function createGroupCommit(commit: Commit): GroupCommit {
  let waiting: Waiting[] = []
  let running: Promise<void> | undefined
  let isDraining = false
  let begunAt = -Infinity
  /** Commits that may still begin at the first pace; one more each time the second one has passed. */
  let spare = COMMITS_AT_PACE
  let timer: NodeJS.Timeout | undefined

  function goOn(): void {
    clearTimeout(timer)
    if (running || waiting.length === 0) return
    const isCrowded = waiting.some(({ crowded }) => crowded)
    const paceMs = isCrowded ? PACE_MS : Math.max(PACE_MS, (1 - spare) * LASTING_PACE_MS)
    const restMs = begunAt + paceMs - performance.now()
    if (restMs <= 0 || isDraining || waiting.some(({ urgent }) => urgent)) begin()
    else timer = setTimeout(begin, restMs)
  }

  function begin(): void {
    const now = performance.now()
    spare = Math.max(0, Math.min(COMMITS_AT_PACE, spare + (now - begunAt) / LASTING_PACE_MS) - 1)
    begunAt = now
    running = run(waiting)
    waiting = []
  }

  async function run(group: readonly Waiting[]): Promise<void> {
    await commitGroup(commit, group)
    running = undefined
    goOn()
  }

  return {
    write: (action, options) =>
      new Promise((resolve, reject) => {
        waiting.push({ ...options, action, resolve, reject })
        goOn()
      }),
    async drain() {
      isDraining = true
      goOn()
      while (running) await running
    },
  }
}

/** Together, or each alone if that fails: what is too much for the disk must not take others with it. */
async function commitGroup(commit: Commit, group: readonly Waiting[]): Promise<void> {
  try {
    await commit(() => group.forEach(({ action }) => action()))
  } catch (error) {
    if (group.length === 1) group[0]!.reject(error)
    else for (const one of group) await commitGroup(commit, [one])
    return
  }
  for (const { resolve } of group) resolve()
}
