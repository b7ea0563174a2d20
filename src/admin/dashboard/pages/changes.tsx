// What changed in the last hour: faults that started or stopped, and parties whose connection changed.

import { useState } from 'preact/hooks'
import { queryText } from '../api/client.ts'
import type { AuditEntry } from '../api/hub-types.ts'
import type { Page, Party, Summary, SummaryItem } from '../api/types.ts'
import { useResource } from '../api/use-resource.ts'
import { Ago, StatusMark } from '../parts/marks.tsx'
import { Loaded } from '../parts/states.tsx'
import { count, deedText, faultText } from '../words.ts'

const SHOWN_MAX = 6
const EVERY_MS = 30_000
const HOUR_SECONDS = 3600
/** A hub with many platforms, or on a busy machine, takes its time to know them all. */
const START_SECONDS = 30

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

/** `uptimeSeconds`: when the hub starts all parties of its file are new, which is no change. */
export function ChangedParties({ uptimeSeconds }: { uptimeSeconds: number }) {
  const [since] = useState(() => {
    const seconds = Math.min(HOUR_SECONDS, Math.max(0, uptimeSeconds - START_SECONDS))
    return new Date(Date.now() - seconds * 1000).toISOString()
  })
  const path = `/parties${queryText({ changed_since: since, limit: SHOWN_MAX })}`
  const changed = useResource<Page<Party>>(path, { everyMs: EVERY_MS })
  return (
    <div>
      <h3>Connections</h3>
      <Loaded from={changed}>
        {({ items, next_cursor: more }) =>
          items.length === 0 ? (
            <p class="quiet">No party changed its status.</p>
          ) : (
            <ul class="plain">
              {items.map((party) => (
                <li key={`${party.address} ${party.role}`}>
                  <a href={`/parties/${encodeURIComponent(party.platform)}`}>{party.address}</a> {party.role}{' '}
                  <StatusMark status={party.status} /> <Ago time={party.last_updated} />
                </li>
              ))}
              {more && (
                <li>
                  <a href={`/parties${queryText({ changed_since: since })}`}>All that changed</a>
                </li>
              )}
            </ul>
          )
        }
      </Loaded>
    </div>
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
