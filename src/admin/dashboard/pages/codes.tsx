// The catalogue: every code of OCPI, of the hub and of the dialects, what it means, whose side must act and how.

import { useMemo } from 'preact/hooks'
import type { CatalogueEntry, Recovery } from '../api/types.ts'
import { useCodes } from '../api/use-codes.ts'
import { SideMark } from '../parts/marks.tsx'
import { Empty, Failed } from '../parts/states.tsx'
import { setQuery, type Place } from '../router.ts'
import { count, RECOVERY_WORDS } from '../words.ts'

const SYSTEM_WORDS: Readonly<Record<string, string>> = {
  ocpi: 'OCPI',
  hub: 'Hub faults',
  opencharge: 'Opencharge',
  proof: 'Proof service',
  ivxp: 'IVXP',
}

export function Codes({ place: { query } }: { place: Place }) {
  const { all, failure, loaded, reload } = useCodes()
  const text = query.get('q') ?? ''
  const system = query.get('system') ?? ''
  const systems = useMemo(() => [...new Set(all.map((entry) => entry.system))], [all])
  const found = useMemo(() => search(all, { text, system }), [all, text, system])
  const set = (name: string, value: string): void => setQuery({ [name]: value })

  return (
    <div class="stack">
      <h1>Codes</h1>
      <form class="filters" role="search" aria-label="Codes" onSubmit={(event) => event.preventDefault()}>
        <label class="filter">
          <span>Search</span>
          <input
            type="search"
            value={text}
            placeholder="code, word, side"
            onInput={(event) => set('q', event.currentTarget.value)}
          />
        </label>
        <label class="filter">
          <span>System</span>
          <select value={system} onChange={(event) => set('system', event.currentTarget.value)}>
            <option value="">all</option>
            {systems.map((name) => (
              <option key={name} value={name}>
                {SYSTEM_WORDS[name] ?? name}
              </option>
            ))}
          </select>
        </label>
        <span class="quiet" role="status">
          {loaded && `${count(found.length)} of ${count(all.length)}`}
        </span>
      </form>
      {failure && <Failed failure={failure} onRetry={reload} />}
      {loaded && found.length === 0 && (
        <Empty title="No code matches.">
          <p>
            <a href="/codes">Show all</a>
          </p>
        </Empty>
      )}
      {systems.map((name) => {
        const entries = found.filter((entry) => entry.system === name)
        return entries.length > 0 && <SystemTable key={name} system={name} entries={entries} />
      })}
    </div>
  )
}

function SystemTable({ system, entries }: { system: string; entries: readonly CatalogueEntry[] }) {
  const withBecomes = entries.some((entry) => entry.becomes)
  return (
    <section class="card" aria-labelledby={`system-${system}`}>
      <h2 id={`system-${system}`}>{SYSTEM_WORDS[system] ?? system}</h2>
      <table class="rows cards codes">
        <thead>
          <tr>
            <th scope="col">Code</th>
            <th scope="col">Meaning</th>
            <th scope="col">Side</th>
            <th scope="col">What to do</th>
            {withBecomes && <th scope="col">Requester reads</th>}
          </tr>
        </thead>
        <tbody>
          {entries.map((entry) => (
            <tr key={`${entry.slug ?? ''} ${entry.code}`}>
              <td data-label="Code">
                <span class="code">{entry.code}</span>
                {entry.slug && <span class="quiet"> {entry.slug}</span>}
                {entry.http !== undefined && <span class="quiet"> HTTP {entry.http}</span>}
              </td>
              <td data-label="Meaning">
                {entry.meaning}
                {entry.versions && <span class="quiet"> (OCPI {entry.versions.join(', ')})</span>}
              </td>
              <td data-label="Side">
                <SideMark side={entry.at === 'none' ? undefined : entry.at} />
              </td>
              <td data-label="What to do">
                {entry.advice}{' '}
                {entry.likely_cause && <span class="quiet">Likely cause: {entry.likely_cause}. </span>}
                {entry.recovery && <RecoveryTag recovery={entry.recovery as Recovery} />}
              </td>
              {withBecomes && <td data-label="Requester reads">{entry.becomes}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

function RecoveryTag({ recovery }: { recovery: Recovery }) {
  return <span class="tag">requester: {RECOVERY_WORDS[recovery]}</span>
}

/** Entries of a system (`` = all) in which every word of `text` occurs. */
function search(
  all: readonly CatalogueEntry[],
  { text, system }: { text: string; system: string },
): CatalogueEntry[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  const inSystem = all.filter((entry) => system === '' || entry.system === system)
  return inSystem.filter((entry) => {
    const full = [
      entry.system,
      entry.code,
      entry.slug,
      entry.category,
      entry.meaning,
      entry.at,
      entry.advice,
      entry.becomes,
    ]
      .join(' ')
      .toLowerCase()
    const spoken = full.replaceAll('_', ' ')
    return words.every((word) => full.includes(word) || spoken.includes(word))
  })
}
