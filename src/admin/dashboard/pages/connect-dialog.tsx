// Registering the hub at a platform, with a token that its operator gave; its endpoints can be examined first.

import { useRef, useState } from 'preact/hooks'
import { call, type Failure } from '../api/client.ts'
import type { Examination, Platform } from '../api/types.ts'
import { Dialog, Field, textOf } from '../parts/controls.tsx'
import { ForeignText } from '../parts/marks.tsx'
import { Failed } from '../parts/states.tsx'
import { Buttons, errorOf, ID_HINT, readRoles, ROLES_WRONG } from './new-platform-parts.tsx'

export function ConnectDialog({ onClose }: { onClose: () => void }) {
  const form = useRef<HTMLFormElement>(null)
  const [failure, setFailure] = useState<Failure>()
  const [rolesWrong, setRolesWrong] = useState(false)
  const [busy, setBusy] = useState(false)
  const [made, setMade] = useState<Partial<Platform>>()

  const [examined, setExamined] = useState<Examination>()

  const examine = async (): Promise<void> => {
    const data = new FormData(form.current!)
    setBusy(true)
    setExamined(undefined)
    const body = { url: textOf(data, 'versions_url'), token: textOf(data, 'token') }
    const result = await call<Examination>('/probe', { method: 'POST', body })
    setBusy(false)
    setFailure(result.ok ? undefined : result.failure)
    if (result.ok) setExamined(result.value)
  }

  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const data = new FormData(form.current!)
    const roles = readRoles(textOf(data, 'roles'))
    setRolesWrong(roles === undefined)
    if (!roles) return
    setBusy(true)
    const result = await call<Partial<Platform>>('/platforms', {
      method: 'POST',
      body: {
        id: textOf(data, 'id'),
        versions_url: textOf(data, 'versions_url'),
        token: textOf(data, 'token'),
        ...(roles.length === 0 ? {} : { roles }),
      },
    })
    setBusy(false)
    setFailure(result.ok ? undefined : result.failure)
    if (result.ok) setMade(result.value ?? {})
  }

  if (made) {
    return (
      <Dialog title="Connected" onClose={onClose}>
        <p role="status">The hub is registered at {made.id ?? 'the platform'}.</p>
        <div class="actions">
          <button type="button" class="primary" onClick={onClose}>
            Close
          </button>
        </div>
      </Dialog>
    )
  }
  return (
    <Dialog title="Connect to a platform" onClose={onClose}>
      <p>The hub registers itself there, with a token that its operator gave you.</p>
      <form ref={form} onSubmit={(event) => void submit(event)}>
        <Field label="Platform id" hint={ID_HINT} error={errorOf(failure, 'id')}>
          <input name="id" required autocomplete="off" autocapitalize="off" spellcheck={false} />
        </Field>
        <Field label="Its versions URL" error={errorOf(failure, 'versions_url')}>
          <input name="versions_url" type="url" required placeholder="https://…/ocpi/versions" />
        </Field>
        <Field label="Its registration token" error={errorOf(failure, 'token')}>
          <input name="token" type="password" required autocomplete="off" />
        </Field>
        <Field
          label="Its parties (only for OCPI 2.1.1)"
          hint="Where it does not tell its role itself: FR-OLD EMSP"
          error={rolesWrong ? ROLES_WRONG : errorOf(failure, 'roles')}
        >
          <input name="roles" autocomplete="off" autocapitalize="characters" spellcheck={false} />
        </Field>
        {failure && <Failed failure={failure} />}
        {examined && <Findings examination={examined} />}
        <div>
          <button type="button" disabled={busy} onClick={() => void examine()}>
            Examine first
          </button>{' '}
          <span class="quiet">asks its endpoints with GET only; takes some seconds</span>
        </div>
        <Buttons busy={busy} label="Connect" onClose={onClose} />
      </form>
    </Dialog>
  )
}

const RESULTS = { pass: '✓', warn: '!', fail: '✗', skip: '–' } as const

function Findings({ examination: { result, version, checks } }: { examination: Examination }) {
  return (
    <div class="findings" role="status" tabIndex={0}>
      <p>
        <strong>
          {result === 'pass'
            ? 'It can be connected.'
            : result === 'warn'
              ? 'It works, but:'
              : 'It is not ready:'}
        </strong>
        {version && ` OCPI ${version}`}
      </p>
      <ul class="plain">
        {checks.map((check) => (
          <li key={check.id} class={`finding-${check.result}`}>
            <span aria-hidden="true">{RESULTS[check.result]}</span>{' '}
            <span class="unseen">{check.result}:</span>
            {check.title}{' '}
            <span class="quiet">
              <ForeignText text={check.found} />
            </span>
            {check.advice && <span class="detail">{check.advice}</span>}
          </li>
        ))}
      </ul>
    </div>
  )
}
