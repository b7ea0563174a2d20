// One request of a story with all its steps, and below it the deliveries of its broadcast, each a line that opens.

import { sideOf } from '../../../journal/journal-entry.ts'
import type { CatalogueEntry, StoryItem } from '../api/types.ts'
import { Clock, SideMark } from '../parts/marks.tsx'
import { faultText, isSuccess, milliseconds } from '../words.ts'
import { EntrySteps } from './entry-steps.tsx'
import type { Chapter } from './story.ts'

interface Props {
  readonly chapter: Chapter
  /** The entry the reader came for. */
  readonly chosen: StoryItem | undefined
  readonly codes: readonly CatalogueEntry[]
}

export function ChapterItem({ chapter: { entry, deliveries, pending }, chosen, codes }: Props) {
  const isChosen = entry === chosen
  return (
    <li>
      <article
        id={entry.reference}
        class={`card entry ${isChosen ? 'chosen' : ''}`}
        aria-current={isChosen ? 'true' : undefined}
      >
        <header>
          <span class="quiet">+{milliseconds(entry.after_ms)}</span>
          <strong>
            {entry.from ?? entry.requester ?? 'unknown'} →{' '}
            {entry.to ?? (entry.targets ? 'everybody' : 'no receiver')}
          </strong>
          {entry.mode && <span class="tag">{entry.mode}</span>}
          <span class="quiet">
            <Clock time={entry.time} ms />
          </span>
        </header>
        <EntrySteps entry={entry} codes={codes} />
        {(deliveries.length > 0 || pending.length > 0) && (
          <div class="deliveries">
            <h3>
              Delivered to {deliveries.filter(isSuccess).length} of {deliveries.length + pending.length}
            </h3>
            {deliveries.map((delivery) => (
              <Delivery
                key={delivery.reference}
                entry={delivery}
                isChosen={delivery === chosen}
                codes={codes}
              />
            ))}
            {pending.map((party) => (
              <p key={party} class="quiet">
                {party}: nothing is known yet; the push is under way, or its entry was dropped.
              </p>
            ))}
          </div>
        )}
      </article>
    </li>
  )
}

function Delivery({
  entry,
  isChosen,
  codes,
}: {
  entry: StoryItem
  isChosen: boolean
  codes: readonly CatalogueEntry[]
}) {
  return (
    <details id={entry.reference} open={isChosen} class={isChosen ? 'chosen' : undefined}>
      <summary>
        <strong>{entry.to}</strong>
        <span>
          <span class="code">{entry.code}</span> {faultText(entry)}
        </span>
        {isSuccess(entry) ? <span class="quiet">–</span> : <SideMark side={sideOf(entry)} />}
        <span class="number quiet">{milliseconds(entry.duration_ms)}</span>
      </summary>
      <EntrySteps entry={entry} codes={codes} />
    </details>
  )
}
