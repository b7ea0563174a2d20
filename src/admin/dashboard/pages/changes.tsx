// What changed in the last hour: faults that started or stopped, connections, and what operators did.

import { queryText } from '../api/client.ts'
import type { AuditEntry } from '../api/hub-types.ts'
import type { Page, PlatformStatusChange, Summary, SummaryItem } from '../api/types.ts'
import { useResource } from '../api/use-resource.ts'
import { Ago, StatusMark } from '../parts/marks.tsx'
import { Loaded } from '../parts/states.tsx'
import { count, deedText, faultText } from '../words.ts'

const SHOWN_MAX = 6
const EVERY_MS = 30_000
const HOUR_SECONDS = 3600
/** Read at once; a platform that comes and goes stands among them often, and is shown once. */
const CHANGES_MAX = 200

export interface TurnsProps {
  /** Groups of faults with none in the hour before, most frequent first. */
  readonly started: readonly SummaryItem[]
  /** Groups of the hour before with none since. */
  readonly stopped: readonly SummaryItem[]
}

/** Compares the summary of this hour with the one before. */
export function startedAndStopped(now: Summary, before: Summary): TurnsProps {
  const key = ({ to, code, fault }: SummaryItem): string => JSON.stringify([to, code, fault])
  const nowKeys = new Set(now.items.map(key))
  const beforeKeys = new Set(before.items.map(key))
  return {
    started: now.items.filter((item) => !beforeKeys.has(key(item))),
    stopped: before.items.filter((item) => !nowKeys.has(key(item))),
  }
}

export function Turns({ started, stopped }: TurnsProps) {
  return (
    <>
      <TurnList title="Started to fail" items={started} since="1h" none="No new kind of fault." />
      <TurnList title="Stopped failing" items={stopped} since="2h" none="Nothing." />
    </>
  )
}

function TurnList({
  title,
  items,
  since,
  none,
}: {
  title: string
  items: readonly SummaryItem[]
  since: string
  none: string
}) {
  return (
    <div>
      <h3>{title}</h3>
      {items.length === 0 ? (
        <p class="quiet">{none}</p>
      ) : (
        <ul class="plain">
          {items.slice(0, SHOWN_MAX).map((item) => (
            <li key={item.reference}>
              <a
                href={`/errors${queryText({ since, to: item.to ?? undefined, code: item.code ?? undefined, fault: item.fault ?? undefined })}`}
              >
                {item.to ?? 'no receiver'}: {item.code} {faultText(item)}
              </a>{' '}
              <span class="quiet nowrap">{count(item.count)} ×</span>
            </li>
          ))}
          {items.length > SHOWN_MAX && <li class="quiet">and {items.length - SHOWN_MAX} more kinds</li>}
        </ul>
      )}
    </div>
  )
}

/** Connections whose status changed while a hub ran, each as it became last, newest first. */
export function ChangedConnections() {
  const changed = useResource<Page<PlatformStatusChange>>(`/status-changes?since=1h&limit=${CHANGES_MAX}`, {
    everyMs: EVERY_MS,
  })
  return (
    <div>
      <h3>Connections</h3>
      <Loaded from={changed}>
        {({ items, next_cursor: more }) => {
          const latest = items.filter(
            (item, index) => items.findIndex(({ platform }) => platform === item.platform) === index,
          )
          if (latest.length === 0) return <p class="quiet">No connection changed its status.</p>
          return (
            <>
              <ChangeLines changes={latest.slice(0, SHOWN_MAX)} />
              {latest.length > SHOWN_MAX && (
                <details>
                  <summary>
                    and {latest.length - SHOWN_MAX} more{more && ', at least'}
                  </summary>
                  <ChangeLines changes={latest.slice(SHOWN_MAX)} />
                </details>
              )}
            </>
          )
        }}
      </Loaded>
    </div>
  )
}

function ChangeLines({ changes }: { changes: readonly PlatformStatusChange[] }) {
  return (
    <ul class="plain">
      {changes.map(({ platform, parties, status, time }) => (
        <li key={platform}>
          {parties ? <Connection platform={platform} parties={parties} /> : `${platform}, removed since,`}{' '}
          <StatusMark status={status} /> <Ago time={time} />
        </li>
      ))}
    </ul>
  )
}

function Connection({ platform, parties }: { platform: string; parties: readonly string[] }) {
  const [first = platform, ...others] = parties
  return (
    <>
      <a href={`/parties/${encodeURIComponent(platform)}`}>{first}</a>
      {others.length > 0 && <span class="quiet"> and {count(others.length)} more</span>}
    </>
  )
}

/** What operators changed in the last hour. */
export function Deeds() {
  const audit = useResource<Page<AuditEntry>>(`/audit?limit=${SHOWN_MAX}`, { everyMs: EVERY_MS })
  return (
    <div>
      <h3>By operators</h3>
      <Loaded from={audit}>
        {({ items }) => {
          const recent = items.filter(({ time }) => Date.now() - Date.parse(time) < HOUR_SECONDS * 1000)
          if (recent.length === 0) return <p class="quiet">Nothing.</p>
          return (
            <ul class="plain">
              {recent.map(({ id, time, who, action, target, detail, http_status: refused }) => (
                <li key={id}>
                  {who}: {deedText(action)} {isCapture(action) ? detail : target}
                  {refused !== undefined && <strong class="bad"> refused</strong>} <Ago time={time} />
                </li>
              ))}
              <li>
                <a href="/hub#audit">The whole audit trail</a>
              </li>
            </ul>
          )
        }}
      </Loaded>
    </div>
  )
}

/** Its id says nothing to people, its detail does. */
function isCapture(action: string): boolean {
  return action.startsWith('capture.')
}
