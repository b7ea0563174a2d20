// What the journal is searched by. Every filter is in the address bar.

import { useId } from 'preact/hooks'
import { FAULT_CODES, SIDES } from '../../../faults/table.ts'
import { MODES } from '../../../journal/journal-entry.ts'
import { setQuery } from '../router.ts'
import { faultCode, faultText, FUNCTIONAL_MODULES } from '../words.ts'

/** Names of the filters, as the API and the address bar have them. */
export const FILTERS = [
  'since',
  'from',
  'to',
  'code',
  'fault',
  'responder_code',
  'at',
  'module',
  'mode',
  'responder',
  'requester',
  'correlation_id',
  'request_id',
  'author',
  'until',
] as const

/** Those that only a link sets, an alert's or one written by hand: shown when they are set, so that they can be dropped. */
const OF_LINKS = [
  ['responder', "Receiver's platform"],
  ['requester', "Sender's platform"],
  ['correlation_id', 'Correlation id'],
  ['request_id', 'Request id'],
  ['author', 'Answered by'],
  ['until', 'Until'],
] as const

const TIMES = [
  ['15m', 'last 15 minutes'],
  ['1h', 'last hour'],
  ['24h', 'last 24 hours'],
  ['7d', 'last 7 days'],
  ['all', 'all that is kept'],
] as const

/** Those that can be chosen, and what the address says instead. */
function times(since: string | undefined): readonly (readonly [value: string, label: string])[] {
  if (since === undefined || TIMES.some(([value]) => value === since)) return TIMES
  return [...TIMES, [since, `since ${since}`]]
}

interface Props {
  readonly query: URLSearchParams
  readonly filters: Readonly<Record<string, string | undefined>>
  readonly live: boolean
}

export function ErrorFilters({ query, filters, live }: Props) {
  const faults = useId()
  const set = (name: string, value: string): void => setQuery({ [name]: value })
  const text = (name: string, label: string, hint = '', list?: string) => (
    <label class="filter">
      <span>{label}</span>
      <input
        // Typed text is taken on Enter or on leaving the field, not letter by letter: each search reads the journal.
        key={filters[name] ?? ''}
        defaultValue={filters[name] ?? ''}
        placeholder={hint}
        list={list}
        autocapitalize="off"
        spellcheck={false}
        onChange={(event) => set(name, toFilter(name, event.currentTarget.value.trim()))}
      />
    </label>
  )
  const choice = (name: string, label: string, options: readonly string[]) => (
    <label class="filter">
      <span>{label}</span>
      <select value={filters[name] ?? ''} onChange={(event) => set(name, event.currentTarget.value)}>
        <option value="">any</option>
        {options.map((option) => (
          <option key={option} value={option}>
            {option}
          </option>
        ))}
      </select>
    </label>
  )
  const some = FILTERS.some((name) => query.has(name))

  return (
    <form class="filters" aria-label="Filters" onSubmit={(event) => event.preventDefault()}>
      <label class="filter">
        <span>Time</span>
        <select value={filters.since} onChange={(event) => set('since', event.currentTarget.value)}>
          {times(filters.since).map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      </label>
      {text('from', 'Sender', 'e.g. NL-EMS')}
      {text('to', 'Receiver', 'e.g. DE-CPO')}
      {text('code', 'OCPI code', 'e.g. 4002')}
      {text('fault', 'Fault', 'e.g. dns error', faults)}
      <datalist id={faults}>
        {FAULT_CODES.map((fault) => (
          <option key={fault} value={fault} label={faultText({ fault })} />
        ))}
      </datalist>
      {text('responder_code', 'Own code', 'e.g. ORDER_EXPIRED')}
      {OF_LINKS.map(([name, label]) => filters[name] !== undefined && text(name, label))}
      {choice('at', 'Side', SIDES)}
      {choice('module', 'Module', FUNCTIONAL_MODULES)}
      {choice('mode', 'Mode', MODES)}
      {some && (
        <a class="button" href={live ? '/errors?live=1' : '/errors'}>
          Drop filters
        </a>
      )}
    </form>
  )
}

/** A fault can be typed as it is shown. */
function toFilter(name: string, text: string): string {
  return name === 'fault' ? faultCode(text) : text
}
