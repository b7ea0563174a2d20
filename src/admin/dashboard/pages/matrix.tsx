// Who fails towards whom: senders by receivers, the most affected ones. A cell tells the number of faults; its shade
// is the share of requests that failed in the last hour, or else how many faults there are compared with the worst.

import { useRef } from 'preact/hooks'
import { queryText } from '../api/client.ts'
import type { Page, Summary, SummaryItem, TrafficPair } from '../api/types.ts'
import { useResource } from '../api/use-resource.ts'
import { useGridKeys } from '../parts/grid-keys.ts'
import { Empty, Loaded } from '../parts/states.tsx'
import { changedQuery } from '../router.ts'
import { count, percent, shortCount } from '../words.ts'

const EVERY_MS = 20_000
const SIDE_MAX = 12
const PAIRS_MAX = 1000

/** Upper bounds of the shades 1, 2 and 3 as shares; above the last one it is shade 4. */
const SHADES = [0.01, 0.05, 0.25] as const

interface Props {
  readonly filters: Readonly<Record<string, string | undefined>>
  readonly query: URLSearchParams
}

export function Matrix({ filters, query }: Props) {
  const { from, to, ...others } = filters
  const summary = useResource<Summary>(`/errors/summary${queryText({ ...others, by: 'from,to' })}`, {
    everyMs: EVERY_MS,
    keep: true,
  })
  const pairs = useResource<Page<TrafficPair>>(`/traffic/pairs?limit=${PAIRS_MAX}`, { everyMs: EVERY_MS })
  // Requests are counted for the last hour and without regard to anything else.
  const comparable =
    filters.since === '1h' && Object.entries(others).every(([name, value]) => name === 'since' || !value)
  return (
    <section class="card" aria-labelledby="matrix">
      <h2 id="matrix">Sender by receiver</h2>
      <Loaded from={summary}>
        {(value) =>
          value.total === 0 ? (
            <Empty title="No faults between parties in this time." />
          ) : (
            <Grid
              summary={value}
              pairs={comparable ? (pairs.data?.items ?? []) : []}
              chosen={{ from, to }}
              query={query}
            />
          )
        }
      </Loaded>
    </section>
  )
}

interface Chosen {
  readonly from: string | undefined
  readonly to: string | undefined
}

interface Axis {
  readonly name: string
  readonly total: number
}

const NOBODY = 'none'

function Grid({
  summary,
  pairs,
  chosen,
  query,
}: {
  summary: Summary
  pairs: readonly TrafficPair[]
  chosen: Chosen
  query: URLSearchParams
}) {
  const senders = axisOf(summary.items, (item) => item.from ?? NOBODY)
  const receivers = axisOf(summary.items, (item) => item.to ?? NOBODY)
  const rows = senders.slice(0, SIDE_MAX)
  const columns = receivers.slice(0, SIDE_MAX)
  const cells = new Map(summary.items.map((item) => [cellKey(item.from ?? NOBODY, item.to ?? NOBODY), item]))
  const requests = new Map(pairs.map((pair) => [cellKey(pair.from, pair.to), pair]))
  const table = useRef<HTMLTableElement>(null)
  useGridKeys(table)
  const worst = Math.max(...summary.items.map((item) => item.count))
  const isUncounted = (from: string, to: string): boolean =>
    cells.has(cellKey(from, to)) && !requests.has(cellKey(from, to))

  return (
    <>
      <div class="scroll" tabIndex={0} role="region" aria-label="Sender by receiver; arrow keys move in it">
        <table class="matrix" ref={table}>
          <thead>
            <tr>
              <th scope="col" class="corner">
                sender ↓ receiver →
              </th>
              {columns.map(({ name }) => (
                <th scope="col" key={name}>
                  <AxisLink side="to" name={name} chosen={chosen.to} query={query} />
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ name: from }) => (
              <tr key={from}>
                <th scope="row">
                  <AxisLink side="from" name={from} chosen={chosen.from} query={query} />
                </th>
                {columns.map(({ name: to }) => (
                  <Cell
                    key={to}
                    item={cells.get(cellKey(from, to))}
                    pair={requests.get(cellKey(from, to))}
                    worst={pairs.length > 0 ? undefined : worst}
                    chosen={chosen}
                    query={query}
                  />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <Legend
        byRate={pairs.length > 0}
        uncounted={
          pairs.length > 0 &&
          rows.some(({ name: from }) => columns.some(({ name: to }) => isUncounted(from, to)))
        }
        shown={shownText(rows, senders, columns, receivers)}
      />
    </>
  )
}

function cellKey(from: string, to: string): string {
  return `${from} ${to}`
}

function axisOf(items: readonly SummaryItem[], nameOf: (item: SummaryItem) => string): Axis[] {
  const totals = new Map<string, number>()
  for (const item of items) totals.set(nameOf(item), (totals.get(nameOf(item)) ?? 0) + item.count)
  return [...totals].map(([name, total]) => ({ name, total })).sort((one, other) => other.total - one.total)
}

/** Chooses a sender or a receiver; the one that is chosen is let go. */
function AxisLink({
  side,
  name,
  chosen,
  query,
}: {
  side: 'from' | 'to'
  name: string
  chosen: string | undefined
  query: URLSearchParams
}) {
  if (name === NOBODY) return <span class="quiet">none</span>
  const current = chosen?.toUpperCase() === name
  return (
    <a
      href={`/errors${changedQuery(query, { [side]: current ? undefined : name })}`}
      aria-current={current ? 'true' : undefined}
    >
      {name}
    </a>
  )
}

function Cell({
  item,
  pair,
  worst,
  chosen,
  query,
}: {
  item: SummaryItem | undefined
  pair: TrafficPair | undefined
  /** Most faults of any pair; absent = cells are shaded by the share of requests. */
  worst: number | undefined
  chosen: Chosen
  query: URLSearchParams
}) {
  if (!item) return <td class="none">·</td>
  const { from, to } = item
  const rate = pair && pair.requests > 0 ? pair.errors / pair.requests : undefined
  const shade = shadeOf(worst === undefined ? rate : item.count / worst)
  const title = `${from ?? 'no sender'} to ${to ?? 'no receiver'}: ${count(item.count)} ${item.count === 1 ? 'fault' : 'faults'}${
    pair
      ? `, ${percent(pair.errors, pair.requests)} of ${count(pair.requests)} ${pair.requests === 1 ? 'request' : 'requests'}`
      : ''
  }`
  const current = from === chosen.from?.toUpperCase() && to === chosen.to?.toUpperCase()
  const text = (
    <>
      {shortCount(item.count)}
      {rate !== undefined && worst === undefined && <small>{percent(pair!.errors, pair!.requests)}</small>}
    </>
  )
  return (
    <td class={`shade-${shade}`}>
      {from && to ? (
        <a
          href={`/errors${changedQuery(query, current ? { from: undefined, to: undefined } : { from, to })}`}
          title={title}
          aria-label={title}
          aria-current={current ? 'true' : undefined}
        >
          {text}
        </a>
      ) : (
        <span title={title}>{text}</span>
      )}
    </td>
  )
}

// No shade where requests were not counted: for parties nobody knows, and by other hubs.
function shadeOf(share: number | undefined): number {
  if (share === undefined) return 0
  const place = SHADES.findIndex((bound) => share <= bound)
  return place === -1 ? SHADES.length + 1 : place + 1
}

function Legend({ byRate, uncounted, shown }: { byRate: boolean; uncounted: boolean; shown: string }) {
  return (
    <p class="matrix-legend quiet">
      <span>{byRate ? 'Shade: share of requests that failed' : 'Shade: compared with the worst pair'}</span>
      {['≤ 1 %', '≤ 5 %', '≤ 25 %', '> 25 %'].map((text, index) => (
        <span key={text} class="legend-shade">
          <span class={`swatch shade-${index + 1}`} aria-hidden="true" />
          {text}
        </span>
      ))}
      {uncounted && (
        <span class="legend-shade">
          <span class="swatch shade-0" aria-hidden="true" />
          requests not counted: nobody known, or through another hub
        </span>
      )}
      <span>{shown}</span>
    </p>
  )
}

function shownText(
  rows: readonly Axis[],
  senders: readonly Axis[],
  columns: readonly Axis[],
  receivers: readonly Axis[],
): string {
  if (rows.length === senders.length && columns.length === receivers.length) return ''
  return `The ${rows.length} of ${senders.length} senders and ${columns.length} of ${receivers.length} receivers with the most faults.`
}
