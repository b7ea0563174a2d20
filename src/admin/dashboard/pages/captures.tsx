// Captures: bodies of one party and module kept for some minutes, armed, looked at and dropped.

import { useState } from 'preact/hooks'
import { call, type Failure } from '../api/client.ts'
import type { Capture } from '../api/hub-types.ts'
import type { Page } from '../api/types.ts'
import { useResource } from '../api/use-resource.ts'
import { Confirm } from '../parts/confirm.tsx'
import { textOf } from '../parts/controls.tsx'
import { Clock } from '../parts/marks.tsx'
import { Empty, Failed, Loaded } from '../parts/states.tsx'
import type { Place } from '../router.ts'
import { useMayOperate } from '../session.tsx'
import { ahead, count, FUNCTIONAL_MODULES } from '../words.ts'

const EVERY_MS = 5_000
/** What the API allows. */
const MINUTES = [1, 2, 5, 10, 15] as const
const MINUTES_USUAL = 5

export function Captures({ place: { query } }: { place: Place }) {
  const captures = useResource<Page<Capture>>('/captures', { everyMs: EVERY_MS })
  const [asked, setAsked] = useState<Capture>()
  const mayOperate = useMayOperate()
  return (
    <div class="stack">
      <h1>Captures</h1>
      {mayOperate && <Arm query={query} onArmed={captures.reload} />}
      <section class="card" aria-labelledby="kept">
        <h2 id="kept">
          Kept <span class="quiet">forgotten an hour after their end</span>
        </h2>
        <Loaded from={captures}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty title="Nothing is captured.">
                <p>
                  Bodies are never kept unless somebody arms a capture. Secrets and what leads to a driver are
                  struck out; arming, reading and dropping leave an audit entry.
                </p>
              </Empty>
            ) : (
              <CaptureTable captures={items} mayOperate={mayOperate} onDrop={setAsked} />
            )
          }
        </Loaded>
      </section>
      {asked && (
        <Confirm
          title="Drop the capture"
          label="Drop it"
          dangerous
          run={() => call(`/captures/${asked.id}`, { method: 'DELETE' })}
          onClose={() => {
            setAsked(undefined)
            captures.reload()
          }}
        >
          <p>
            The capture of {asked.module} of {asked.party} ends, and its {count(asked.count)} exchanges are
            forgotten.
          </p>
        </Confirm>
      )}
    </div>
  )
}

/** Party and module may stand in the address: other pages lead here with them. */
function Arm({ query, onArmed }: { query: URLSearchParams; onArmed: () => void }) {
  const [failure, setFailure] = useState<Failure>()
  const [busy, setBusy] = useState(false)

  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const data = new FormData(event.currentTarget as HTMLFormElement)
    setBusy(true)
    const result = await call('/captures', {
      method: 'POST',
      body: {
        party: textOf(data, 'party'),
        module: textOf(data, 'module'),
        minutes: Number(textOf(data, 'minutes')),
      },
    })
    setBusy(false)
    setFailure(result.ok ? undefined : result.failure)
    if (result.ok) onArmed()
  }

  return (
    <section class="card" aria-labelledby="arm">
      <h2 id="arm">
        Arm <span class="quiet">keeps both bodies of each exchange, redacted; ends by itself</span>
      </h2>
      <form class="filters" onSubmit={(event) => void submit(event)}>
        <label class="filter">
          <span>Party, either side</span>
          <input
            name="party"
            defaultValue={query.get('party') ?? ''}
            required
            placeholder="e.g. DE-CPO"
            autocapitalize="characters"
            autocomplete="off"
            spellcheck={false}
          />
        </label>
        <label class="filter">
          <span>Module</span>
          <input
            name="module"
            defaultValue={query.get('module') ?? ''}
            required
            list="modules"
            placeholder="e.g. sessions"
            autocapitalize="off"
            autocomplete="off"
            spellcheck={false}
          />
          <datalist id="modules">
            {FUNCTIONAL_MODULES.map((module) => (
              <option key={module} value={module} />
            ))}
          </datalist>
        </label>
        <label class="filter">
          <span>For</span>
          <select name="minutes">
            {MINUTES.map((minutes) => (
              <option key={minutes} value={minutes} selected={minutes === MINUTES_USUAL}>
                {minutes === 1 ? '1 minute' : `${minutes} minutes`}
              </option>
            ))}
          </select>
        </label>
        <button type="submit" class="primary" disabled={busy}>
          {busy ? 'Working …' : 'Arm'}
        </button>
      </form>
      {failure && <Failed failure={failure} />}
    </section>
  )
}

interface TableProps {
  readonly captures: readonly Capture[]
  readonly mayOperate: boolean
  readonly onDrop: (capture: Capture) => void
}

function CaptureTable({ captures, mayOperate, onDrop }: TableProps) {
  return (
    <table class="rows cards captures">
      <thead>
        <tr>
          <th scope="col">Party</th>
          <th scope="col">Module</th>
          <th scope="col">State</th>
          <th scope="col">By</th>
          <th scope="col">Since</th>
          <th scope="col" class="number">
            Kept
          </th>
          {mayOperate && (
            <th scope="col">
              <span class="unseen">Actions</span>
            </th>
          )}
        </tr>
      </thead>
      <tbody>
        {captures.map((capture) => (
          <tr key={capture.id}>
            <td data-label="Party">
              <span class="code">{capture.party}</span>
            </td>
            <td data-label="Module">{capture.module}</td>
            <td data-label="State">
              <CaptureState capture={capture} />
            </td>
            <td data-label="By">{capture.by}</td>
            <td data-label="Since">
              <Clock time={capture.since} />
            </td>
            <td data-label="Kept" class="number">
              {count(capture.count)}
              {capture.left_out > 0 && <span class="warn"> + {count(capture.left_out)} left out</span>}
            </td>
            {mayOperate && (
              <td data-label="">
                <div class="actions">
                  <a class="button" href={`/captures/${capture.id}`}>
                    Look
                  </a>
                  <button type="button" class="danger" onClick={() => onDrop(capture)}>
                    Drop
                  </button>
                </div>
              </td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** Whether it still keeps what comes. */
export function CaptureState({ capture: { armed, until } }: { capture: Capture }) {
  if (!armed)
    return (
      <span class="quiet">
        ended <Clock time={until} />
      </span>
    )
  return (
    <>
      <strong>armed</strong> <span class="quiet">ends {ahead(until)}</span>
    </>
  )
}
