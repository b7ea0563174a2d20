// Logging in with an admin token.

import { useRef, useState } from 'preact/hooks'
import type { Failure } from '../api/client.ts'

/** What went wrong, in words of this page: a wrong token is no fault of the API. */
function loginText({ status, detail }: Failure): string {
  if (status === 401) return 'The hub does not know this token.'
  if (status === 429) return `${detail} Wait a minute, then try again.`
  return detail
}

export function Login({
  ended,
  logIn,
}: {
  ended: boolean
  logIn: (token: string) => Promise<Failure | undefined>
}) {
  const [failure, setFailure] = useState<Failure>()
  const [busy, setBusy] = useState(false)
  const input = useRef<HTMLInputElement>(null)

  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    setBusy(true)
    const refused = await logIn(input.current?.value ?? '')
    setBusy(false)
    setFailure(refused)
    if (refused) input.current?.select()
  }

  return (
    <main class="login" id="main">
      <form class="card" onSubmit={(event) => void submit(event)}>
        <h1>ocpi-hub</h1>
        {ended && <p role="status">Your session has ended. Log in again to go on where you were.</p>}
        <label class="field">
          <span class="field-label">Admin token</span>
          <input
            ref={input}
            type="password"
            name="token"
            autocomplete="current-password"
            required
            autofocus
            aria-describedby="login-hint"
            aria-invalid={failure !== undefined}
          />
        </label>
        <p id="login-hint" class="quiet">
          <code>admin.token</code> of the configuration, or what the hub printed when it started.
        </p>
        {failure && (
          <p class="field-error" role="alert">
            {loginText(failure)}
          </p>
        )}
        <button type="submit" class="primary" disabled={busy}>
          Log in
        </button>
      </form>
    </main>
  )
}
