// The entries of a story as bars on one time axis. A picture beside the text, which tells the same in words.

import type { StoryItem } from '../api/types.ts'
import { milliseconds } from '../words.ts'
import { storyLength, toSpans, type SpanKind } from './story.ts'

const WIDTH = 1000
const ROW = 26
/** Narrower bars would not be seen. */
const BAR_MIN = 3

const SPAN_WORDS: Readonly<Record<SpanKind, string>> = {
  hub: 'inside the hub',
  connect: 'connecting',
  tls: 'agreeing on TLS',
  wait: 'waiting for the first byte',
  receive: 'receiving the answer',
}

export function Waterfall({ items }: { items: readonly StoryItem[] }) {
  const length = storyLength(items)
  const x = (ms: number): number => (ms / length) * WIDTH
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((share) => share * length)
  const height = items.length * ROW
  return (
    <figure class="waterfall">
      <div class="waterfall-grid">
        <ol class="waterfall-names" aria-hidden="true">
          {items.map((item) => (
            <li key={item.reference}>
              {item.from ?? '?'} → {item.to ?? (item.targets ? 'everybody' : 'none')}
            </li>
          ))}
        </ol>
        <svg viewBox={`0 0 ${WIDTH} ${height}`} preserveAspectRatio="none" height={height} aria-hidden="true">
          {ticks.map((tick) => (
            <line key={tick} class="tick" x1={x(tick)} x2={x(tick)} y1={0} y2={height} />
          ))}
          {items.map((item, row) =>
            toSpans(item).map(({ kind, from, to }) => (
              <rect
                key={`${item.reference} ${kind}`}
                class={`span-${kind}`}
                x={Math.min(x(from), WIDTH - BAR_MIN)}
                width={Math.max(BAR_MIN, x(to) - x(from))}
                y={row * ROW + 6}
                height={ROW - 12}
              />
            )),
          )}
        </svg>
        <ol class="waterfall-ticks" aria-hidden="true">
          {ticks.map((tick) => (
            <li key={tick}>{milliseconds(tick)}</li>
          ))}
        </ol>
      </div>
      <figcaption>
        <ul class="legend">
          {Object.entries(SPAN_WORDS).map(([kind, words]) => (
            <li key={kind}>
              <svg class="bar-sample" viewBox="0 0 16 8" aria-hidden="true">
                <rect class={`span-${kind}`} width="16" height="8" />
              </svg>
              {words}
            </li>
          ))}
        </ul>
      </figcaption>
    </figure>
  )
}
