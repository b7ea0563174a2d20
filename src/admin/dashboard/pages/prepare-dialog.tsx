// Preparing a connection that the other platform then makes itself: the hub gives the token to hand over.

import { useRef, useState } from 'preact/hooks'
import { OFFERABLE_VERSIONS } from '../../../ocpi/version.ts'
import { call, type Failure } from '../api/client.ts'
import type { Prepared } from '../api/types.ts'
import { Dialog, Field, textOf } from '../parts/controls.tsx'
import { Failed } from '../parts/states.tsx'
import { Buttons, errorOf, ID_HINT, readRoles, ROLES_WRONG } from './new-platform-parts.tsx'
import { TokenOnce } from './token-once.tsx'

export function PrepareDialog({ onClose }: { onClose: () => void }) {
  const form = useRef<HTMLFormElement>(null)
  const [failure, setFailure] = useState<Failure>()
  const [rolesWrong, setRolesWrong] = useState(false)
  const [busy, setBusy] = useState(false)
  const [prepared, setPrepared] = useState<Prepared>()

  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const data = new FormData(form.current!)
    const roles = readRoles(textOf(data, 'roles'))
    setRolesWrong(roles === undefined)
    if (!roles) return
    const version = textOf(data, 'version')
    setBusy(true)
    const result = await call<Prepared>('/platforms', {
      method: 'POST',
      body: {
        id: textOf(data, 'id'),
        ...(roles.length === 0 ? {} : { roles }),
        ...(version === '' ? {} : { version }),
      },
    })
    setBusy(false)
    setFailure(result.ok ? undefined : result.failure)
    if (result.ok) setPrepared(result.value)
  }

  if (prepared) {
    return (
      <Dialog title={`${prepared.id} is prepared`} onClose={onClose}>
        <TokenOnce answer={prepared} />
        <p>Its parties are PLANNED until it registers.</p>
        <div class="actions">
          <button type="button" class="primary" onClick={onClose}>
            I have copied it
          </button>
        </div>
      </Dialog>
    )
  }
  return (
    <Dialog title="Prepare a connection" onClose={onClose}>
      <p>The hub makes a token; the other platform registers with it.</p>
      <form ref={form} onSubmit={(event) => void submit(event)}>
        <Field label="Platform id" hint={ID_HINT} error={errorOf(failure, 'id')}>
          <input name="id" required autocomplete="off" autocapitalize="off" spellcheck={false} />
        </Field>
        <Field
          label="Parties (optional)"
          hint="Shown to others as PLANNED: DE-CPO CPO, DE-MSP EMSP"
          error={rolesWrong ? ROLES_WRONG : errorOf(failure, 'roles')}
        >
          <input name="roles" autocomplete="off" autocapitalize="characters" spellcheck={false} />
        </Field>
        <Field label="OCPI version (optional)" error={errorOf(failure, 'version')}>
          <select name="version">
            <option value="">whatever it registers with</option>
            {OFFERABLE_VERSIONS.map((version) => (
              <option key={version}>{version}</option>
            ))}
          </select>
        </Field>
        {failure && <Failed failure={failure} />}
        <Buttons busy={busy} label="Prepare" onClose={onClose} />
      </form>
    </Dialog>
  )
}
