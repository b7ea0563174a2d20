// The port behind short histories (what operators changed, how connections went): an append-only, bounded list of
// texts, newest first when read; and the one in memory. Writers are few, so nothing here is buffered.

export interface TrailPage {
  readonly texts: readonly string[]
  /** Position to go on from, opaque; absent at the oldest text. */
  readonly next?: string
}

/** Calls throw `Fault` `store_unavailable`. */
export interface TrailStore {
  /** Keeps the text and drops the oldest past the bound. */
  append(text: string): Promise<void>
  /** Up to `limit` texts newest first, from `position` on; nothing for a position that is none. */
  read(options: { readonly limit: number; readonly position?: string }): Promise<TrailPage>
}

/** A history: what the store calls it, and how many texts it keeps about. */
export interface TrailOptions {
  readonly name: string
  readonly max: number
}

/** What a position of the stores of this process looks like: the number of a text. */
export const TRAIL_NUMBER = /^\d{1,15}$/

/** A history that is gone when the process ends. */
export function createMemoryTrail({ max }: TrailOptions): TrailStore {
  const texts: string[] = []
  // Number of the text that stands first.
  let first = 0
  return {
    async append(text) {
      texts.push(text)
      if (texts.length <= max) return
      texts.shift()
      first++
    },
    async read({ limit, position }) {
      if (position !== undefined && !TRAIL_NUMBER.test(position)) return { texts: [] }
      const end = Math.min(texts.length, position === undefined ? texts.length : Number(position) - first + 1)
      if (end <= 0) return { texts: [] }
      const start = Math.max(0, end - limit)
      const page = texts.slice(start, end).toReversed()
      return start === 0 ? { texts: page } : { texts: page, next: String(first + start - 1) }
    },
  }
}
