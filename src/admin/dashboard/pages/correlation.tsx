// The story of one exchange: what the requester asked, what the hub forwarded, what came back and what followed; for
// each step whose side must act, whether the request arrived, and what to do.

import { sideOf } from '../../../journal/journal-entry.ts'
import { useEffect } from 'preact/hooks'
import { queryText } from '../api/client.ts'
import type { CatalogueEntry, Story, StoryItem } from '../api/types.ts'
import { meaningOf, useCodes } from '../api/use-codes.ts'
import { useResource } from '../api/use-resource.ts'
import { CopyButton } from '../parts/controls.tsx'
import { SideMark } from '../parts/marks.tsx'
import { Empty, Loaded } from '../parts/states.tsx'
import { useMayOperate } from '../session.tsx'
import { faultText, isSuccess } from '../words.ts'
import { ChapterItem } from './chapter.tsx'
import { chosenEntry, toChapters } from './story.ts'
import { reachedText, WhatToDo } from './what-to-do.tsx'
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
        <CaptureLink items={story.data?.items ?? []} />
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

/** To what these two say next: bodies of what was are not kept. */
function CaptureLink({ items }: { items: readonly StoryItem[] }) {
  const mayOperate = useMayOperate()
  const [first] = items
  if (!mayOperate || !first?.to || !first.module) return null
  return (
    <a class="button" href={`/captures${queryText({ party: first.to, module: first.module })}`}>
      Capture the next ones
    </a>
  )
}

function Told({ items, reference }: { items: readonly StoryItem[]; reference: string }) {
  const { all } = useCodes()
  const chosen = chosenEntry(items, reference)
  const chapters = toChapters(items)
  useEffect(() => {
    if (reference !== '') document.getElementById(reference)?.scrollIntoView({ block: 'nearest' })
  }, [reference])
  const inOrder = chapters.flatMap(({ entry, deliveries }) => [entry, ...deliveries])
  return (
    <>
      {chosen && (
        <Verdict
          entry={chosen}
          meaning={meaningOf(all, chosen)}
          failed={items.filter((item) => !isSuccess(item)).length}
        />
      )}
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
function Verdict({
  entry,
  meaning,
  failed,
}: {
  entry: StoryItem
  meaning: CatalogueEntry | undefined
  /** Entries of the story that did. */
  failed: number
}) {
  const side = sideOf(entry)
  return (
    <section class={`card verdict ${side ? `edge-${side}` : ''}`} aria-labelledby="verdict">
      <h2 id="verdict">
        <span class="code">{entry.code}</span> {faultText(entry)}
      </h2>
      {entry.message && <p>{entry.message}</p>}
      {failed > 1 && !isSuccess(entry) && (
        <p class="quiet">One of {failed} that failed in this exchange; each has its own answers below.</p>
      )}
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
          <dd>
            <WhatToDo entry={entry} meaning={meaning} />
          </dd>
        </div>
      </dl>
    </section>
  )
}
