// Making connections: preparing one that the party then makes itself, or registering the hub at a platform.

import { useRef, useState } from 'preact/hooks'
import { readPartyText } from '../../../ocpi/party.ts'
import { OFFERABLE_VERSIONS } from '../../../ocpi/version.ts'
import { call, type Failure } from '../api/client.ts'
import type { Platform, Prepared } from '../api/types.ts'
import { Dialog, Field, textOf } from '../parts/controls.tsx'
import { Failed } from '../parts/states.tsx'
import { TokenOnce } from './token-once.tsx'

const ID_HINT = 'A name of your own for the connection, as in acme.'

/** `DE-CPO CPO, DE-CPO EMSP` */
function readRoles(text: string): { country_code: string; party_id: string; role: string }[] | undefined {
  const roles = []
  for (const part of text.split(/[,;\n]/)) {
    if (part.trim() === '') continue
    const [, name = '', role = ''] = /^(\S+?)[\s:]+([A-Za-z]+)$/.exec(part.trim()) ?? []
    const party = readPartyText(name)
    if (!party) return undefined
    roles.push({ country_code: party.countryCode, party_id: party.partyId, role: role.toUpperCase() })
  }
  return roles
}

/** What is wrong with a member of the body, from the API's problem. */
function errorOf(failure: Failure | undefined, name: string): string | undefined {
  const found = failure?.errors.find(
    ({ parameter }) => parameter === name || parameter.startsWith(`${name}.`),
  )
  return found?.message
}

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
          error={rolesWrong ? 'Write each as party and role, as in DE-CPO CPO.' : errorOf(failure, 'roles')}
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

export function ConnectDialog({ onClose }: { onClose: () => void }) {
  const form = useRef<HTMLFormElement>(null)
  const [failure, setFailure] = useState<Failure>()
  const [busy, setBusy] = useState(false)
  const [made, setMade] = useState<Partial<Platform>>()

  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const data = new FormData(form.current!)
    setBusy(true)
    const result = await call<Partial<Platform>>('/platforms', {
      method: 'POST',
      body: {
        id: textOf(data, 'id'),
        versions_url: textOf(data, 'versions_url'),
        token: textOf(data, 'token'),
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
        {failure && <Failed failure={failure} />}
        <Buttons busy={busy} label="Connect" onClose={onClose} />
      </form>
    </Dialog>
  )
}

function Buttons({ busy, label, onClose }: { busy: boolean; label: string; onClose: () => void }) {
  return (
    <div class="actions">
      <button type="submit" class="primary" disabled={busy}>
        {busy ? 'Working …' : label}
      </button>
      <button type="button" onClick={onClose}>
        Cancel
      </button>
    </div>
  )
}
