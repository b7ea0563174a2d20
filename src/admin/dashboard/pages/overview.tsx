// How the hub does now: traffic and faults of the last hour, parties by status, what changed, what fails most.

import type { ComponentChild } from 'preact'
import { CONNECTION_STATUSES } from '../../../ocpi/connection-status.ts'
import { queryText } from '../api/client.ts'
import type { HubStatus, Page, Party, Summary, SummaryItem, Traffic } from '../api/types.ts'
import { sideOfGroup, useCodes } from '../api/use-codes.ts'
import { useResource } from '../api/use-resource.ts'
import { CircuitNote } from '../parts/circuit.tsx'
import { Ago, SideMark, StatusMark } from '../parts/marks.tsx'
import { Empty, Loaded } from '../parts/states.tsx'
import { count, duration, faultText, percent, shortCount } from '../words.ts'
import { ChangedConnections, Deeds, startedAndStopped, Turns } from './changes.tsx'
import { FaultChart, TrafficChart } from './traffic-charts.tsx'

const EVERY_MS = 10_000
const JOURNAL_EVERY_MS = 20_000
const MOST_ROWS = 8
const OFFLINE_MAX = 5
const HOUR = '1h'

export function Overview() {
  const status = useResource<HubStatus>('/status', { everyMs: EVERY_MS })
  const traffic = useResource<Traffic>('/traffic', { everyMs: EVERY_MS })
  const now = useResource<Summary>('/errors/summary?by=to,code,fault&since=1h', { everyMs: JOURNAL_EVERY_MS })
  const before = useResource<Summary>('/errors/summary?by=to,code,fault&since=2h&until=1h', {
    everyMs: JOURNAL_EVERY_MS,
  })

  return (
    <div class="stack">
      <h1 class="unseen">Overview</h1>
      <Loaded from={status}>{(value) => <Tiles status={value} traffic={traffic.data} />}</Loaded>
      <Loaded from={traffic}>
        {(value) => (
          <div class="charts">
            <TrafficChart traffic={value} />
            <FaultChart traffic={value} />
          </div>
        )}
      </Loaded>
      <div class="columns">
        <section class="card wide" aria-labelledby="most">
          <h2 id="most">
            What fails most <span class="quiet">last hour</span>
          </h2>
          <Loaded from={now}>{(value) => <MostFaults summary={value} />}</Loaded>
        </section>
        <section class="card" aria-labelledby="parties">
          <h2 id="parties">Parties by status</h2>
          {status.data && <PartyCounts status={status.data} />}
          {(status.data?.parties.OFFLINE ?? 0) > 0 && <OfflineParties />}
        </section>
      </div>
      <section class="card" aria-labelledby="changed">
        <h2 id="changed">
          What changed <span class="quiet">last hour</span>
        </h2>
        <div class="changed">
          <Loaded from={now}>
            {(value) => before.data && <Turns {...startedAndStopped(value, before.data)} />}
          </Loaded>
          <ChangedConnections />
          <Deeds />
        </div>
      </section>
    </div>
  )
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

function Tiles({ status, traffic }: { status: HubStatus; traffic: Traffic | undefined }) {
  const counts = traffic?.counts
  const good = counts ? sum(counts.relayed) + sum(counts.answered) : 0
  const bad = counts
    ? sum(counts.relayed_error) +
      sum(counts.fault_requester) +
      sum(counts.fault_responder) +
      sum(counts.fault_hub)
    : 0
  return (
    <dl class="tiles">
      <Tile term="Requests" value={counts ? shortCount(good + bad) : '–'} note="last hour, this hub" />
      <Tile
        term="Not 1xxx"
        value={counts ? shortCount(bad) : '–'}
        note={counts ? `${percent(bad, good + bad)} of requests` : ''}
      />
      <Tile term="In flight" value={count(status.in_flight)} note={status.draining ? 'draining' : 'now'} />
      <Tile
        term="Platforms"
        value={count(status.platforms)}
        note={<a href="/hub">registry {registryWord(status)}</a>}
      />
      <Tile term="Running for" value={duration(status.uptime_seconds)} note={`version ${status.version}`} />
    </dl>
  )
}

function registryWord({ registry }: HubStatus): string {
  if (registry.alarm) return 'has shrunk: decide'
  return registry.up ? 'current' : `stale for ${duration(registry.staleness_seconds)}`
}

function Tile({ term, value, note }: { term: string; value: string; note: ComponentChild }) {
  return (
    <div class="tile">
      <dt>{term}</dt>
      <dd>
        <span class="tile-value">{value}</span>
        <span class="quiet">{note}</span>
      </dd>
    </div>
  )
}

function PartyCounts({ status }: { status: HubStatus }) {
  const total = sum(Object.values(status.parties))
  if (total === 0) {
    return (
      <Empty title="No party is known yet.">
        <p>
          <a href="/parties">Prepare or make a connection</a>, or list platforms in the configuration.
        </p>
      </Empty>
    )
  }
  return (
    <ul class="status-counts">
      {CONNECTION_STATUSES.map((name) => {
        const number = status.parties[name] ?? 0
        return (
          <li key={name}>
            <a href={`/parties?status=${name}`}>
              <StatusMark status={name} />
              <strong>{count(number)}</strong>
              <span class="quiet">{percent(number, total)}</span>
            </a>
          </li>
        )
      })}
    </ul>
  )
}

/** Those that get nothing at this moment, by name. */
function OfflineParties() {
  const offline = useResource<Page<Party>>(
    `/parties${queryText({ status: 'OFFLINE', limit: OFFLINE_MAX })}`,
    {
      everyMs: JOURNAL_EVERY_MS,
    },
  )
  return (
    <>
      <h3>Offline now</h3>
      <Loaded from={offline}>
        {({ items, next_cursor: more }) => (
          <ul class="plain">
            {items.map((party) => (
              <li key={`${party.address} ${party.role} ${party.platform}`}>
                <a href={`/parties/${encodeURIComponent(party.platform)}`}>{party.address}</a> {party.role}{' '}
                <span class="quiet">
                  {party.last_seen === undefined ? (
                    'not heard yet'
                  ) : (
                    <>
                      heard <Ago time={party.last_seen} />
                    </>
                  )}
                  {party.circuit && ','}
                </span>
                <CircuitNote circuit={party.circuit} />
              </li>
            ))}
            {more && (
              <li>
                <a href="/parties?status=OFFLINE">All that are offline</a>
              </li>
            )}
          </ul>
        )}
      </Loaded>
    </>
  )
}

function errorsUrl({ to, code, fault }: SummaryItem): string {
  return `/errors${queryText({ since: HOUR, to: to ?? undefined, code: code ?? undefined, fault: fault ?? undefined })}`
}

function MostFaults({ summary }: { summary: Summary }) {
  const { all } = useCodes()
  if (summary.total === 0) {
    return (
      <Empty title="Nothing failed in the last hour.">
        <p>Everything that is not answered 1xxx shows up here, with whose side must act.</p>
      </Empty>
    )
  }
  return (
    <>
      <table class="rows cards most">
        <thead>
          <tr>
            <th scope="col">What</th>
            <th scope="col">Receiver</th>
            <th scope="col">Side</th>
            <th scope="col" class="number">
              Times
            </th>
            <th scope="col">Latest</th>
          </tr>
        </thead>
        <tbody>
          {summary.items.slice(0, MOST_ROWS).map((item) => (
            <tr key={item.reference}>
              <td data-label="What">
                <a href={errorsUrl(item)}>
                  <span class="code">{item.code}</span> {faultText(item)}
                </a>
              </td>
              <td data-label="Receiver">{item.to ?? <span class="quiet">none</span>}</td>
              <td data-label="Side">
                <SideMark side={sideOfGroup(all, item)} />
              </td>
              <td data-label="Times" class="number">
                {count(item.count)}
              </td>
              <td data-label="Latest">
                <Ago time={item.latest} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="more">
        <a href="/errors">All errors</a> <span class="quiet">{count(summary.total)} in the last hour</span>
      </p>
    </>
  )
}
