// The configuration file read again: first what would change, then the change.

import { useState } from 'preact/hooks'
import { call, type Failure } from '../api/client.ts'
import type { ReloadChanges } from '../api/hub-types.ts'
import { useResource } from '../api/use-resource.ts'
import { Confirm } from '../parts/confirm.tsx'
import { Dialog } from '../parts/controls.tsx'
import { Failed } from '../parts/states.tsx'
import { useMayOperate } from '../session.tsx'

export function Configuration({ onDeed }: { onDeed: () => void }) {
  const mayOperate = useMayOperate()
  const [open, setOpen] = useState(false)
  return (
    <section class="card" aria-labelledby="configuration">
      <h2 id="configuration">Configuration</h2>
      <p>
        The configuration file can be read again while the hub runs: all of it or nothing, and no request is
        dropped. <span class="quiet">This hub only; each hub reads its own file.</span>
      </p>
      <p class="more">
        {mayOperate ? (
          <button type="button" onClick={() => setOpen(true)}>
            What would change …
          </button>
        ) : (
          <span class="quiet">Your token may only read.</span>
        )}
      </p>
      {open && (
        <Reload
          onClose={() => {
            setOpen(false)
            onDeed()
          }}
        />
      )}
    </section>
  )
}

const TITLE = 'Read the configuration file again'

function Reload({ onClose }: { onClose: () => void }) {
  const { data, failure } = useResource<ReloadChanges>('/reload')
  if (!data) {
    return (
      <Dialog title={TITLE} onClose={onClose}>
        {failure ? <Failed failure={failure} /> : <p role="status">Reading the file …</p>}
        {failure && <WhyNot failure={failure} />}
        <div class="actions">
          <button type="button" class="primary" onClick={onClose}>
            Close
          </button>
        </div>
      </Dialog>
    )
  }
  return (
    <Confirm<ReloadChanges>
      title={TITLE}
      label={data.changes.length === 0 ? 'Read it again' : 'Take it over'}
      run={() => call<ReloadChanges>('/reload', { method: 'POST' })}
      done={({ changes }) => (
        <>
          <p role="status">
            {changes.length === 0 ? 'It was read again; nothing had changed.' : 'In effect now:'}
          </p>
          <ChangeList changes={changes} />
        </>
      )}
      refused={(refusal) => <WhyNot failure={refusal} />}
      onClose={onClose}
    >
      {data.changes.length === 0 ? (
        <p>Nothing has changed in the file, and no certificate of the hub was renewed.</p>
      ) : (
        <p>This would change:</p>
      )}
      <ChangeList changes={data.changes} />
    </Confirm>
  )
}

function ChangeList({ changes }: ReloadChanges) {
  return (
    <dl class="pairs differences">
      {changes.map((change) => (
        <div key={change.key}>
          <dt>
            <code>{change.key}</code>
          </dt>
          <dd>
            <Difference {...change} />
          </dd>
        </div>
      ))}
    </dl>
  )
}

function Difference({ before, after, added, removed, changed }: ReloadChanges['changes'][number]) {
  if (before !== undefined || after !== undefined) {
    return (
      <>
        <code class="long">{before ?? 'not set'}</code> →{' '}
        <strong>
          <code class="long">{after ?? 'not set'}</code>
        </strong>
      </>
    )
  }
  const lists = [
    ['added', added],
    ['removed', removed],
    ['changed', changed],
  ] as const
  const some = lists.filter(([, names]) => (names?.length ?? 0) > 0)
  if (some.length === 0) return <>changed; its value is not shown</>
  return (
    <>
      {some.map(([what, names]) => (
        <span key={what} class="detail-line">
          {what}: <strong>{names!.join(', ')}</strong>
        </span>
      ))}
    </>
  )
}

interface FileFault {
  readonly file: string
  readonly line: number
  readonly col: number
  readonly message: string
}

/** Faults of the file with their places, or the keys that need a restart. */
function WhyNot({ failure: { members } }: { failure: Failure }) {
  const faults = Array.isArray(members.faults) ? (members.faults as FileFault[]) : []
  const keys = Array.isArray(members.restart_needed) ? (members.restart_needed as string[]) : []
  return (
    <>
      {faults.length > 0 && (
        <ul class="plain">
          {faults.map(({ file, line, col, message }) => (
            <li key={`${file}:${line}:${col} ${message}`}>
              <code class="long">
                {file}:{line}:{col}
              </code>{' '}
              {message}
            </li>
          ))}
        </ul>
      )}
      {keys.length > 0 && (
        <ul class="plain">
          {keys.map((key) => (
            <li key={key}>
              <code>{key}</code>
            </li>
          ))}
        </ul>
      )}
    </>
  )
}
