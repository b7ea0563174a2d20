// Orders the entries of one X-Correlation-ID into a story: requests, below each what followed from it (deliveries of
// a broadcast, call-backs), and one time axis for all.

import type { StoryItem } from '../api/types.ts'

export interface Chapter {
  readonly entry: StoryItem
  /** Deliveries of its broadcast, in the order they began. */
  readonly deliveries: readonly StoryItem[]
  /** Parties the broadcast went to that no entry tells of yet. */
  readonly pending: readonly string[]
}

/** The entries as chapters, oldest first. */
export function toChapters(items: readonly StoryItem[]): Chapter[] {
  const broadcasts = items.filter((item) => item.targets)
  const deliveryOf = (item: StoryItem): StoryItem | undefined =>
    item.mode === 'broadcast' && !item.targets
      ? broadcasts.findLast((parent) => item.to !== undefined && parent.targets!.includes(item.to))
      : undefined
  const byParent = new Map<StoryItem, StoryItem[]>()
  const roots: StoryItem[] = []
  for (const item of items) {
    const parent = deliveryOf(item)
    if (parent) byParent.set(parent, [...(byParent.get(parent) ?? []), item])
    else roots.push(item)
  }
  return roots
    .map((entry) => {
      const deliveries = byParent.get(entry) ?? []
      const told = new Set(deliveries.map(({ to }) => to))
      return { entry, deliveries, pending: (entry.targets ?? []).filter((party) => !told.has(party)) }
    })
    .sort((one, other) => one.entry.after_ms - other.entry.after_ms)
}

/** The entry that the reader came for: the one named, else the first that went wrong, else the first. */
export function chosenEntry(items: readonly StoryItem[], reference: string): StoryItem | undefined {
  return (
    items.find((item) => item.reference === reference) ??
    items.find(({ code }) => code < 1000 || code >= 2000) ??
    items[0]
  )
}

export type SpanKind = 'hub' | 'connect' | 'tls' | 'wait' | 'receive'

export interface Span {
  readonly kind: SpanKind
  /** Milliseconds since the first entry arrived. */
  readonly from: number
  readonly to: number
}

/**
 * What the time of an entry went to. The hub's own time is what the outbound leg does not explain; it is drawn
 * before it, because that is where nearly all of it is.
 */
export function toSpans({ after_ms: start, duration_ms: duration, phases, reached }: StoryItem): Span[] {
  const end = start + duration
  if (!phases) return [{ kind: 'hub', from: start, to: end }]
  const outbound = phases.total ?? Math.max(duration, phases.first_byte ?? 0, phases.connect ?? 0)
  const forwarded = start + Math.max(0, duration - outbound)
  const connected = forwarded + (phases.connect ?? outbound)
  // Connected, and still it never arrived: TLS failed.
  const secured =
    reached === 'no' ? forwarded + outbound : forwarded + (phases.tls ?? phases.connect ?? outbound)
  const answered = forwarded + (phases.first_byte ?? outbound)
  const done = forwarded + outbound
  const spans: Span[] = [
    { kind: 'hub', from: start, to: forwarded },
    { kind: 'connect', from: forwarded, to: connected },
    { kind: 'tls', from: connected, to: secured },
    { kind: 'wait', from: secured, to: answered },
    { kind: 'receive', from: answered, to: done },
  ]
  return spans.filter(({ from, to }) => to > from)
}

/** Milliseconds from the arrival of the first entry to the end of the last. */
export function storyLength(items: readonly StoryItem[]): number {
  return Math.max(1, ...items.map(({ after_ms: start, duration_ms: duration }) => start + duration))
}
