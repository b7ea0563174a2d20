// What stands where data should be: nothing yet, nothing at all, or what went wrong and what to do about it.

import type { ComponentChildren } from 'preact'
import { SIDES } from '../../../faults/table.ts'
import type { Failure } from '../api/client.ts'
import type { Side } from '../api/types.ts'
import type { Resource } from '../api/use-resource.ts'
import { Clock, SideMark } from './marks.tsx'

/** Nothing to show, and why that may be. */
export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children}
    </div>
  )
}

/** What went wrong. */
export function Failed({ failure, onRetry }: { failure: Failure; onRetry?: () => void }) {
  return (
    <div class="failed" role="alert">
      <p>
        <strong>{failure.status === 0 ? 'No answer' : `HTTP ${failure.status}`}</strong> {failure.detail}
      </p>
      <FaultOf members={failure.members} />
      {failure.errors.length > 0 && (
        <ul>
          {failure.errors.map(({ parameter, message }) => (
            <li key={parameter + message}>
              {parameter !== '' && <code>{parameter}</code>} {message}
            </li>
          ))}
        </ul>
      )}
      {onRetry && (
        <button type="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  )
}

/** What the hub knows about a fault behind the problem: whose side, what to do, and the cause for operators. */
function FaultOf({ members }: { members: Failure['members'] }) {
  const { fault, at, advice, reason } = members
  if (typeof fault !== 'string') return null
  return (
    <p>
      <a href={`/codes?q=${encodeURIComponent(fault)}`}>{fault.replaceAll('_', ' ')}</a>{' '}
      {SIDES.some((side) => side === at) && <SideMark side={at as Side} />}{' '}
      {typeof advice === 'string' && advice}
      {typeof reason === 'string' && <span class="detail">{reason}</span>}
    </p>
  )
}

/** Renders what was read; while nothing was, says so. A failed refresh leaves the old data below its notice. */
export function Loaded<Value>({
  from,
  children,
}: {
  from: Resource<Value>
  children: (value: Value) => ComponentChildren
}) {
  const { data, failure, loading, reload, readAt } = from
  return (
    <>
      {failure && <Failed failure={failure} onRetry={reload} />}
      {failure && readAt !== undefined && (
        <p class="as-of">
          What follows is as of <Clock time={new Date(readAt).toISOString()} />.
        </p>
      )}
      {data !== undefined && children(data)}
      {data === undefined && !failure && loading && (
        <p class="loading" role="status">
          Loading …
        </p>
      )}
    </>
  )
}
