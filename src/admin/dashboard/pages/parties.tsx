// Every party in every role: how it is connected and when it was last heard, a page at a time.

import { useEffect, useLayoutEffect, useState } from 'preact/hooks'
import { CONNECTION_STATUSES } from '../../../ocpi/connection-status.ts'
import { ROLES } from '../../../ocpi/role.ts'
import { queryText } from '../api/client.ts'
import type { Page, Party } from '../api/types.ts'
import { useResource } from '../api/use-resource.ts'
import { CertificateDays, CircuitNote } from '../parts/circuit.tsx'
import { Pager } from '../parts/controls.tsx'
import { Ago, ForeignText, StatusMark } from '../parts/marks.tsx'
import { Empty, Loaded } from '../parts/states.tsx'
import { setQuery, type Place } from '../router.ts'
import { useMayOperate } from '../session.tsx'
import { count, STATUS_WORDS } from '../words.ts'
import { ConnectDialog } from './connect-dialog.tsx'
import { PrepareDialog } from './prepare-dialog.tsx'

const PAGE_ITEMS = 100
const EVERY_MS = 15_000
const FILTERS = ['status', 'role', 'q', 'changed_since'] as const

export function Parties({ place: { query } }: { place: Place }) {
  const filters = queryText(Object.fromEntries(FILTERS.map((name) => [name, query.get(name) ?? undefined])))
  const [opened, setOpened] = useState<'connect' | 'prepare'>()
  const [turn, setTurn] = useState(0)
  const close = (): void => {
    setOpened(undefined)
    setTurn(turn + 1)
  }

  return (
    <div class="stack">
      <div class="title-row">
        <h1>Parties</h1>
        <NewButtons onOpen={setOpened} />
      </div>
      <PartyFilters query={query} />
      <PartyList key={`${filters} ${turn}`} filters={filters} />
      {opened === 'connect' && <ConnectDialog onClose={close} />}
      {opened === 'prepare' && <PrepareDialog onClose={close} />}
    </div>
  )
}

function NewButtons({ onOpen }: { onOpen: (which: 'connect' | 'prepare') => void }) {
  const mayOperate = useMayOperate()
  if (!mayOperate) return null
  return (
    <>
      <button type="button" class="primary" onClick={() => onOpen('prepare')}>
        Prepare a connection
      </button>
      <button type="button" onClick={() => onOpen('connect')}>
        Connect to a platform
      </button>
    </>
  )
}

function PartyFilters({ query }: { query: URLSearchParams }) {
  const set = (name: string, value: string): void => setQuery({ [name]: value })
  const asked = query.get('q') ?? ''
  const [text, setText] = useState(asked)
  // The address changes by links and by going back as well; nobody sees the text of the page before.
  useLayoutEffect(() => setText((typed) => (typed.trim() === asked ? typed : asked)), [asked])
  // Not with every letter: each search looks through all parties.
  useEffect(() => {
    if (text.trim() === asked) return
    const timer = setTimeout(() => set('q', text.trim()), 250)
    return () => clearTimeout(timer)
  }, [text])

  return (
    <form class="filters" aria-label="Filters" onSubmit={(event) => event.preventDefault()}>
      <label class="filter">
        <span>Search</span>
        <input
          type="search"
          value={text}
          placeholder="address, name or platform"
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </label>
      <label class="filter">
        <span>Status</span>
        <select
          value={query.get('status') ?? ''}
          onChange={(event) => set('status', event.currentTarget.value)}
        >
          <option value="">any</option>
          {CONNECTION_STATUSES.map((status) => (
            <option key={status} value={status}>
              {STATUS_WORDS[status]}
            </option>
          ))}
        </select>
      </label>
      <label class="filter">
        <span>Role</span>
        <select value={query.get('role') ?? ''} onChange={(event) => set('role', event.currentTarget.value)}>
          <option value="">any</option>
          {ROLES.map((role) => (
            <option key={role}>{role}</option>
          ))}
        </select>
      </label>
      {FILTERS.some((name) => query.has(name)) && (
        <a class="button" href="/parties">
          Drop filters
        </a>
      )}
    </form>
  )
}

function PartyList({ filters }: { filters: string }) {
  const [stack, setStack] = useState<readonly string[]>([])
  const cursor = stack.at(-1)
  const page = useResource<Page<Party>>(
    `/parties${filters}${filters === '' ? '?' : '&'}limit=${PAGE_ITEMS}${
      cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`
    }`,
    { everyMs: EVERY_MS, keep: true },
  )
  return (
    <section class="card" aria-label="Parties">
      <Loaded from={page}>
        {({ items, next_cursor: next }) =>
          items.length === 0 ? (
            <NoParties filtered={filters !== ''} />
          ) : (
            <>
              <PartyTable parties={items} />
              <Pager stack={stack} next={next} onMove={setStack} what="parties" />
            </>
          )
        }
      </Loaded>
    </section>
  )
}

function NoParties({ filtered }: { filtered: boolean }) {
  if (filtered) {
    return (
      <Empty title="No party matches.">
        <p>
          <a href="/parties">Drop the filters.</a>
        </p>
      </Empty>
    )
  }
  return (
    <Empty title="No party is connected yet.">
      <p>
        <strong>Prepare a connection</strong> and hand its token to the party, which then registers at the
        hub; or <strong>connect to a platform</strong> with a token that its operator gave you. Platforms of
        the configuration file show up by themselves.
      </p>
    </Empty>
  )
}

function PartyTable({ parties }: { parties: readonly Party[] }) {
  return (
    <table class="rows cards">
      <thead>
        <tr>
          <th scope="col">Party</th>
          <th scope="col">Role</th>
          <th scope="col">Name</th>
          <th scope="col">Status</th>
          <th scope="col">Last heard</th>
          <th scope="col">Platform</th>
          <th scope="col" class="number">
            In flight
          </th>
          <th scope="col" class="number">
            Missed pushes
          </th>
          <th scope="col">Certificate</th>
        </tr>
      </thead>
      <tbody>
        {parties.map((party) => (
          <tr key={`${party.address} ${party.role} ${party.platform} ${party.behind ?? ''}`}>
            <td data-label="Party" class="nowrap">
              <a href={`/parties/${encodeURIComponent(party.platform)}`}>
                <span class="code">{party.address}</span>
              </a>
            </td>
            <td data-label="Role">{party.role}</td>
            <td data-label="Name">
              <ForeignText text={party.name} />
            </td>
            <td data-label="Status">
              <StatusMark status={party.status} />
              <CircuitNote circuit={party.circuit} />
            </td>
            <td data-label="Last heard">
              <Ago time={party.last_seen} />
            </td>
            <td data-label="Platform">
              <span class="long">{party.platform}</span>
              {party.behind && <span class="quiet"> behind hub {party.behind}</span>}
              {party.moving_to && <span class="quiet"> may move to {party.moving_to}</span>}
            </td>
            <NumberCell name="In flight" value={party.in_flight} />
            <NumberCell name="Missed pushes" value={party.missed_pushes} />
            <td data-label="Certificate" class={party.certificate_days === undefined ? 'any' : undefined}>
              <CertificateDays days={party.certificate_days} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** A zero is quiet: what is to be seen are the others. */
function NumberCell({ name, value = 0 }: { name: string; value: number | undefined }) {
  return (
    <td data-label={name} class={value === 0 ? 'number quiet any' : 'number'}>
      {count(value)}
    </td>
  )
}
