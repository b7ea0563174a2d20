// Who changed what, newest first, a page at a time.

import { useEffect, useState } from 'preact/hooks'
import { queryText } from '../api/client.ts'
import type { AuditEntry } from '../api/hub-types.ts'
import type { Page } from '../api/types.ts'
import { useResource } from '../api/use-resource.ts'
import { Pager } from '../parts/controls.tsx'
import { Clock, TimeHead } from '../parts/marks.tsx'
import { Empty, Loaded } from '../parts/states.tsx'
import { deedText } from '../words.ts'

const PAGE_ITEMS = 50
const EVERY_MS = 15_000

/** `deeds`: how many were done on this page, each of which is worth another reading. */
export function AuditTrail({ deeds }: { deeds: number }) {
  const [stack, setStack] = useState<readonly string[]>([])
  const audit = useResource<Page<AuditEntry>>(
    `/audit${queryText({ limit: PAGE_ITEMS, cursor: stack.at(-1) })}`,
    { keep: true, everyMs: EVERY_MS },
  )
  useEffect(() => {
    if (deeds > 0) audit.reload()
  }, [deeds])
  return (
    <section class="card" aria-labelledby="audit">
      <h2 id="audit">
        Audit trail <span class="quiet">what operators changed, or were refused to, newest first</span>
      </h2>
      <Loaded from={audit}>
        {({ items, next_cursor: next }) =>
          items.length === 0 ? (
            <Empty title="Nobody has changed anything yet.">
              <p>
                Every change over this dashboard, the API or the command line is listed here with who made it.
              </p>
            </Empty>
          ) : (
            <>
              <Entries entries={items} />
              <Pager stack={stack} next={next} onMove={setStack} what="the audit trail" />
            </>
          )
        }
      </Loaded>
    </section>
  )
}

function Entries({ entries }: { entries: readonly AuditEntry[] }) {
  return (
    <table class="rows cards">
      <thead>
        <tr>
          <TimeHead />
          <th scope="col">Who</th>
          <th scope="col">Did</th>
          <th scope="col">To what</th>
          <th scope="col">More</th>
        </tr>
      </thead>
      <tbody>
        {entries.map((entry) => (
          <tr key={entry.id}>
            <td data-label="Time" class="nowrap">
              <Clock time={entry.time} />
            </td>
            <td data-label="Who">{entry.who}</td>
            <td data-label="Did">
              {deedText(entry.action)}
              {entry.http_status !== undefined && (
                <strong class="bad"> refused, HTTP {entry.http_status}</strong>
              )}
            </td>
            <td data-label="To what">
              {entry.target === undefined ? (
                <span class="quiet">–</span>
              ) : (
                <Target action={entry.action} target={entry.target} />
              )}
            </td>
            <td data-label="More">{entry.detail ?? <span class="quiet">–</span>}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** What was not removed can be looked at. */
function Target({ action, target }: { action: string; target: string }) {
  if (/\.(remove|drop)$/.test(action)) return <span class="long">{shortened(target)}</span>
  const path = encodeURIComponent(target)
  if (/^(platform|view_link)\./.test(action)) return <a href={`/parties/${path}`}>{target}</a>
  if (action.startsWith('capture.')) return <a href={`/captures/${path}`}>{shortened(target)}</a>
  return <span class="long">{target}</span>
}

const ID_SHOWN = 8

/** The beginning of an id that means nothing to people. */
function shortened(target: string): string {
  return /^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(target) ? target.slice(0, ID_SHOWN) : target
}
