// The story of one exchange: what the requester asked, what the hub forwarded, what came back and what followed; for
// each step whose side must act, whether the request arrived, and what to do.

import { useEffect, useRef } from 'preact/hooks'
import type { CatalogueEntry, Story, StoryItem } from '../api/types.ts'
import { meaningOf, useCodes } from '../api/use-codes.ts'
import { useResource } from '../api/use-resource.ts'
import { CopyButton } from '../parts/controls.tsx'
import { correlationUrl } from '../parts/look-up.tsx'
import { Clock, SideMark } from '../parts/marks.tsx'
import { Empty, Loaded } from '../parts/states.tsx'
import { faultText, isSuccess, milliseconds, REACHED_WORDS, recoveryText, sideOf } from '../words.ts'
import { chosenEntry, toChapters, type Chapter } from './story.ts'
import { Waterfall } from './waterfall.tsx'

export function Correlation({ id, reference }: { id: string; reference: string }) {
  const story = useResource<Story>(`/correlations/${encodeURIComponent(id)}`)
  const gone = story.failure?.status === 404
  return (
    <div class="stack">
      <div class="title-row">
        <h1>Exchange</h1>
        <code class="long">{id}</code>
        <CopyButton text={id} label="Copy correlation id" />
        {!gone && (
          <button type="button" onClick={story.reload} disabled={story.loading}>
            Refresh
          </button>
        )}
      </div>
      {gone ? (
        <Empty title="Nothing is kept of this exchange.">
          <p>
            It may have succeeded (successes are kept only for broadcasts, commands and charging profiles), or
            it is so old that it was dropped.
          </p>
        </Empty>
      ) : (
        <Loaded from={story}>{({ items }) => <Told items={items} reference={reference} />}</Loaded>
      )}
    </div>
  )
}

function Told({ items, reference }: { items: readonly StoryItem[]; reference: string }) {
  const { all } = useCodes()
  const chosen = chosenEntry(items, reference)
  const chapters = toChapters(items)
  const inOrder = chapters.flatMap(({ entry, deliveries }) => [entry, ...deliveries])
  return (
    <>
      {chosen && <Verdict entry={chosen} meaning={meaningOf(all, chosen)} />}
      <section class="card" aria-labelledby="time-line">
        <h2 id="time-line">Time line</h2>
        <Waterfall items={inOrder} />
      </section>
      <ol class="story">
        {chapters.map((chapter) => (
          <ChapterItem key={chapter.entry.reference} chapter={chapter} chosen={chosen} codes={all} />
        ))}
      </ol>
    </>
  )
}

/** The three answers first: whose side, did it arrive, what to do. */
function Verdict({ entry, meaning }: { entry: StoryItem; meaning: CatalogueEntry | undefined }) {
  const side = sideOf(entry)
  return (
    <section class={`card verdict ${side ? `edge-${side}` : ''}`} aria-labelledby="verdict">
      <h2 id="verdict">
        <span class="code">{entry.code}</span> {faultText(entry)}
      </h2>
      {entry.message && <p>{entry.message}</p>}
      <dl class="facts">
        <div>
          <dt>Whose side must act</dt>
          <dd>{isSuccess(entry) ? "nobody's: it succeeded" : <SideMark side={side} />}</dd>
        </div>
        <div>
          <dt>Did it arrive</dt>
          <dd>{reachedText(entry)}</dd>
        </div>
        <div>
          <dt>What to do</dt>
          <dd>{whatToDo(entry, meaning)}</dd>
        </div>
      </dl>
    </section>
  )
}

function reachedText({ reached, author }: StoryItem): string {
  if (reached) return `It ${REACHED_WORDS[reached]}.`
  return author === 'responder' ? 'The responder answered it.' : 'The hub answered it.'
}

function whatToDo(entry: StoryItem, meaning: CatalogueEntry | undefined) {
  if (isSuccess(entry)) return 'Nothing.'
  return (
    <>
      {entry.recovery && recoveryText(entry.recovery)} {meaning?.advice}{' '}
      <a href={`/codes?q=${encodeURIComponent(entry.fault ?? entry.code)}`}>About this code</a>
    </>
  )
}

function ChapterItem({
  chapter: { entry, deliveries, pending },
  chosen,
  codes,
}: {
  chapter: Chapter
  chosen: StoryItem | undefined
  codes: readonly CatalogueEntry[]
}) {
  return (
    <li>
      <EntryCard entry={entry} chosen={entry === chosen} codes={codes} />
      {(deliveries.length > 0 || pending.length > 0) && (
        <div class="deliveries">
          <h3>
            Delivered to {deliveries.filter(isSuccess).length} of {deliveries.length + pending.length}
          </h3>
          <ol class="story">
            {deliveries.map((delivery) => (
              <li key={delivery.reference}>
                <EntryCard entry={delivery} chosen={delivery === chosen} codes={codes} />
              </li>
            ))}
            {pending.map((party) => (
              <li key={party} class="card quiet">
                {party}: not told of yet; the push is under way, or its entry was dropped.
              </li>
            ))}
          </ol>
        </div>
      )}
    </li>
  )
}

function EntryCard({
  entry,
  chosen,
  codes,
}: {
  entry: StoryItem
  chosen: boolean
  codes: readonly CatalogueEntry[]
}) {
  const card = useRef<HTMLElement>(null)
  const named = location.hash.slice(1) === entry.reference
  useEffect(() => {
    if (named) card.current?.scrollIntoView({ block: 'nearest' })
  }, [named])
  const { phases } = entry
  const success = isSuccess(entry)
  return (
    <article
      ref={card}
      class={`card entry ${chosen ? 'chosen' : ''}`}
      aria-current={chosen ? 'true' : undefined}
    >
      <header>
        <span class="quiet">+{milliseconds(entry.after_ms)}</span>
        <strong>
          {entry.from ?? entry.requester ?? 'unknown'} → {entry.to ?? 'no receiver'}
        </strong>
        {entry.mode && <span class="tag">{entry.mode}</span>}
        <span class="quiet">
          <Clock time={entry.time} ms />
        </span>
      </header>
      <ol class="steps">
        <li>
          <span class="step-name">Asked</span>
          <span>
            <span class="method">{entry.method}</span> <code class="long">{entry.path}</code>
            <Id label="request id" id={entry.request_id} />
          </span>
        </li>
        {phases ? (
          <li>
            <span class="step-name">Forwarded</span>
            <span>
              to {entry.responder ?? entry.to}: {phasesText(phases)}
              {entry.forwarded_request_id && <Id label="request id" id={entry.forwarded_request_id} />}
            </span>
          </li>
        ) : (
          !entry.targets && (
            <li>
              <span class="step-name">Not forwarded</span>
              <span>The hub answered by itself.</span>
            </li>
          )
        )}
        {entry.targets && (
          <li>
            <span class="step-name">Broadcast</span>
            <span>
              to {entry.targets.length === 0 ? 'nobody: no party takes it' : entry.targets.join(', ')}
            </span>
          </li>
        )}
        <li>
          <span class="step-name">Answered</span>
          <span>
            <span class="code">{entry.code}</span> {faultText(entry)} by the {entry.author}, HTTP{' '}
            {entry.http_status}, after {milliseconds(entry.duration_ms)}
            {entry.responder_http_status !== undefined && (
              <span class="quiet"> (the responder sent HTTP {entry.responder_http_status})</span>
            )}
            {entry.responder_code && (
              <>
                {' '}
                <a href={`/codes?q=${encodeURIComponent(entry.responder_code)}`}>{entry.responder_code}</a>
              </>
            )}
            {entry.message && <q class="message">{entry.message}</q>}
            {entry.detail && <span class="detail">{entry.detail}</span>}
          </span>
        </li>
        {!success && (
          <li>
            <span class="step-name">So</span>
            <span>
              <SideMark side={sideOf(entry)} /> must act. {reachedText(entry)}{' '}
              {whatToDo(entry, meaningOf(codes, entry))}
            </span>
          </li>
        )}
        {entry.caused_by && entry.caused_by !== entry.correlation_id && (
          <li>
            <span class="step-name">Caused by</span>
            <a href={correlationUrl(entry.caused_by)}>
              <code class="long">{entry.caused_by}</code>
            </a>
          </li>
        )}
        <li>
          <span class="step-name">Reference</span>
          <span>
            <code>{entry.reference}</code> <CopyButton text={entry.reference} />
          </span>
        </li>
      </ol>
    </article>
  )
}

function Id({ label, id }: { label: string; id: string }) {
  return (
    <span class="id quiet">
      {label} <code class="long">{id}</code>
    </span>
  )
}

function phasesText({ connect, first_byte: firstByte, total }: NonNullable<StoryItem['phases']>): string {
  if (connect === undefined && firstByte === undefined && total === undefined) return 'no connection was made'
  return [
    connect === undefined ? 'no connection was made' : `connected after ${milliseconds(connect)}`,
    ...(connect === undefined
      ? []
      : [firstByte === undefined ? 'no answer began' : `answer began at ${milliseconds(firstByte)}`]),
    ...(firstByte === undefined
      ? []
      : [total === undefined ? 'and did not end' : `and ended at ${milliseconds(total)}`]),
  ].join(', ')
}
