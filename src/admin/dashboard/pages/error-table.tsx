// Entries of the journal as rows; each leads to the time line of its exchange.

import { sideOf } from '../../../journal/journal-entry.ts'
import type { CatalogueEntry, JournalEntry, Recovery } from '../api/types.ts'
import { meaningOf, useCodes } from '../api/use-codes.ts'
import { correlationUrl } from '../parts/look-up.tsx'
import { Clock, ForeignText, SideMark, TimeHead } from '../parts/marks.tsx'
import { faultText, milliseconds, REACHED_WORDS, reachedOf, RECOVERY_WORDS } from '../words.ts'

interface Props {
  /** Came while the page was open; newest first. */
  readonly fresh: readonly JournalEntry[]
  readonly entries: readonly JournalEntry[]
}

export function ErrorTable({ fresh, entries }: Props) {
  const { all } = useCodes()
  return (
    <table class="rows cards errors">
      <thead>
        <tr>
          <TimeHead />
          <th scope="col">Code and fault</th>
          <th scope="col">Side</th>
          <th scope="col">From → to</th>
          <th scope="col">Request</th>
          <th scope="col">Arrived</th>
          <th scope="col">Requester should</th>
          <th scope="col" class="number">
            Took
          </th>
        </tr>
      </thead>
      <tbody>
        {fresh.map((entry) => (
          <ErrorRow key={entry.reference} entry={entry} codes={all} isNew />
        ))}
        {entries.map((entry) => (
          <ErrorRow key={entry.reference} entry={entry} codes={all} />
        ))}
      </tbody>
    </table>
  )
}

interface RowProps {
  readonly entry: JournalEntry
  readonly codes: readonly CatalogueEntry[]
  readonly isNew?: boolean
}

function ErrorRow({ entry, codes, isNew = false }: RowProps) {
  const reached = reachedOf(entry)
  const recovery = recoveryOf(entry, codes)
  return (
    <tr class={isNew ? 'fresh' : undefined}>
      <td data-label="Time" class="nowrap">
        <Clock time={entry.time} ms />
      </td>
      <td data-label="Code and fault">
        <a href={correlationUrl(entry.correlation_id, entry.reference)}>
          <span class="code">{entry.code}</span> {faultText(entry)}
        </a>
        {entry.responder_code && (
          <span class="quiet">
            {' '}
            <ForeignText text={entry.responder_code} />
          </span>
        )}
      </td>
      <td data-label="Side">
        <SideMark side={sideOf(entry)} />
      </td>
      <td data-label="From → to" class="nowrap">
        {entry.from ?? entry.requester ?? <span class="quiet">unknown</span>} →{' '}
        {entry.to ?? <span class="quiet">none</span>}
      </td>
      <td data-label="Request">
        <span class="method">{entry.method}</span> {entry.module ?? entry.path}
        {entry.mode && entry.mode !== 'direct' && <span class="tag">{entry.mode}</span>}
      </td>
      <td data-label="Arrived">
        {reached ? (
          <span title={`It ${REACHED_WORDS[reached]}`}>{reached}</span>
        ) : (
          <span class="quiet">–</span>
        )}
      </td>
      <td data-label="Requester should">
        {recovery ? RECOVERY_WORDS[recovery] : <span class="quiet">–</span>}
      </td>
      <td data-label="Took" class="number nowrap">
        {milliseconds(entry.duration_ms)}
      </td>
    </tr>
  )
}

/** What the entry says, or the catalogue of a code that the responder answered. */
function recoveryOf(entry: JournalEntry, codes: readonly CatalogueEntry[]): Recovery | undefined {
  return entry.recovery ?? (meaningOf(codes, entry)?.recovery as Recovery | undefined)
}
