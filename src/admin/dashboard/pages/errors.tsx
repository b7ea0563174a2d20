// The journal of everything that was not 1xxx: filters in the address bar, sender by receiver, the list, live.

import { useEffect, useMemo, useState } from 'preact/hooks'
import { queryText } from '../api/client.ts'
import { useLive } from '../api/live.ts'
import type { JournalEntry, Page } from '../api/types.ts'
import { useResource } from '../api/use-resource.ts'
import { Pager } from '../parts/controls.tsx'
import { Empty, Loaded } from '../parts/states.tsx'
import { changedQuery, setQuery, type Place } from '../router.ts'
import { ErrorFilters, FILTERS } from './error-filters.tsx'
import { ErrorTable } from './error-table.tsx'
import { Matrix } from './matrix.tsx'

const PAGE_ITEMS = 100

/** As on the overview, and as long as the requests are counted that the matrix compares the faults with. */
const SINCE_USUAL = '1h'

/** Filters of the address bar as the API takes them. `since` has a default: old faults are not today's. */
function readFilters(query: URLSearchParams): Record<string, string | undefined> {
  const filters: Record<string, string | undefined> = {}
  for (const name of FILTERS) filters[name] = query.get(name) ?? undefined
  return { ...filters, since: query.get('since') ?? SINCE_USUAL }
}

export function Errors({ place: { query } }: { place: Place }) {
  const filters = useMemo(() => readFilters(query), [query.toString()])
  const { since, until, ...streamed } = filters
  // "All that is kept" is no value of the API's.
  const kept = since === 'all' ? { ...streamed, until } : filters
  // What comes now is after an end that is set.
  const live = query.get('live') === '1' && until === undefined

  return (
    <div class="stack">
      <h1>Errors</h1>
      <ErrorFilters query={query} filters={filters} live={live} />
      <Matrix filters={kept} query={query} />
      <ErrorList key={queryText(kept)} kept={kept} streamed={queryText(streamed)} live={live} query={query} />
    </div>
  )
}

interface ListProps {
  readonly kept: Readonly<Record<string, string | undefined>>
  readonly streamed: string
  readonly live: boolean
  readonly query: URLSearchParams
}

function ErrorList({ kept, streamed, live, query }: ListProps) {
  const [stack, setStack] = useState<readonly string[]>([])
  const page = useResource<Page<JournalEntry>>(
    `/errors${queryText({ ...kept, limit: PAGE_ITEMS, cursor: stack.at(-1) })}`,
    { keep: true },
  )
  // A filter that the hub does not take is told at the list, and would be refused for ever.
  const taken = page.failure?.status !== 400
  const tail = useLive(streamed, live && taken && stack.length === 0)
  // What came while nobody listened is in the list.
  useEffect(() => {
    if (tail.state === 'open') page.reload()
  }, [tail.state])

  return (
    <section class="card" aria-labelledby="list">
      <div class="card-head">
        <h2 id="list">Newest first</h2>
        {kept['until'] === undefined && <LiveSwitch live={live} state={tail.state} />}
      </div>
      <Loaded from={page}>
        {({ items, next_cursor: next }) => {
          const fresh = newerThan(items, tail.entries)
          if (items.length === 0 && fresh.length === 0) return <NoErrors query={query} />
          return (
            <>
              <ErrorTable fresh={fresh} entries={items} />
              <Pager stack={stack} next={next} onMove={setStack} what="errors" />
            </>
          )
        }}
      </Loaded>
    </section>
  )
}

/** Entries that the list cannot have yet. References grow with time; older ones are in the list or behind it. */
function newerThan(items: readonly JournalEntry[], entries: readonly JournalEntry[]): JournalEntry[] {
  const known = new Set(items.map(({ reference }) => reference))
  const newest = items[0]?.reference ?? ''
  return entries.filter(({ reference }) => reference > newest && !known.has(reference))
}

const LIVE_WORDS = {
  off: '',
  waiting: 'connecting …',
  open: 'listening',
  failed: 'refused; asking again …',
} as const

function LiveSwitch({ live, state }: { live: boolean; state: keyof typeof LIVE_WORDS }) {
  return (
    <label class="switch">
      <input
        type="checkbox"
        role="switch"
        checked={live}
        onChange={(event) => setQuery({ live: event.currentTarget.checked ? '1' : undefined })}
      />
      Show new ones as they come{' '}
      <span class="quiet" role="status">
        {LIVE_WORDS[state]}
      </span>
    </label>
  )
}

function NoErrors({ query }: { query: URLSearchParams }) {
  const filtered = FILTERS.some((name) => name !== 'since' && query.has(name))
  if (!filtered) {
    return (
      <Empty title="Nothing failed in this time.">
        <p>
          Whatever is not answered 1xxx is listed here. Look{' '}
          <a href="/errors?since=all">at all that is kept</a>, or provoke something: address a party that does
          not exist.
        </p>
      </Empty>
    )
  }
  return (
    <Empty title="Nothing in the journal matches these filters.">
      <p>
        <a href="/errors">Drop the filters</a> or look{' '}
        <a href={`/errors${changedQuery(query, { since: 'all' })}`}>at all that is kept</a>.
      </p>
    </Empty>
  )
}
