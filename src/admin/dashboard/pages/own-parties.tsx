// The parties of a platform. An operator lets one move to another platform here, before it registers there, and takes
// that word back.

import { useRef, useState } from 'preact/hooks'
import { call, type Failure, queryText } from '../api/client.ts'
import type { Platform } from '../api/types.ts'
import { Confirm } from '../parts/confirm.tsx'
import { Dialog, Field, textOf } from '../parts/controls.tsx'
import { ForeignText, StatusMark } from '../parts/marks.tsx'
import { Failed } from '../parts/states.tsx'
import { useMayOperate } from '../session.tsx'
import { Buttons, errorOf } from './new-platform-parts.tsx'

type OwnParty = Platform['roles'][number]

interface Asked {
  readonly what: 'move' | 'stay'
  readonly party: OwnParty
}

export function OwnParties({ platform, onDone }: { platform: Platform; onDone: () => void }) {
  const mayOperate = useMayOperate()
  const [asked, setAsked] = useState<Asked>()
  const close = (): void => {
    setAsked(undefined)
    onDone()
  }
  if (platform.roles.length === 0) return <p class="quiet">It names its parties when it registers.</p>
  return (
    <>
      <ul class="plain">
        {platform.roles.map((party) => (
          <li key={`${addressOf(party)} ${party.role}`}>
            <span class="code">{addressOf(party)}</span> {party.role} <ForeignText text={party.name} />{' '}
            <StatusMark status={party.status} />
            {party.moving_to && <span class="quiet"> may move to {party.moving_to}</span>}{' '}
            {mayOperate &&
              offers(platform, party).map((what) => (
                <button key={what} type="button" class="small" onClick={() => setAsked({ what, party })}>
                  {LABELS[what]}
                </button>
              ))}
          </li>
        ))}
      </ul>
      {asked?.what === 'move' && <MoveDialog party={asked.party} onClose={close} />}
      {asked?.what === 'stay' && <StayDialog party={asked.party} onClose={close} />}
    </>
  )
}

const LABELS = { move: 'Let it move', stay: 'Let it stay' } as const

/** What the hub would not refuse: parties of the configuration file are changed there, those that are SUSPENDED have gone. */
function offers({ source }: Platform, { status, moving_to: movingTo }: OwnParty): Asked['what'][] {
  if (source === 'file' || status === 'SUSPENDED') return []
  return movingTo === undefined ? ['move'] : ['stay']
}

function MoveDialog({ party, onClose }: { party: OwnParty; onClose: () => void }) {
  const form = useRef<HTMLFormElement>(null)
  const [failure, setFailure] = useState<Failure>()
  const [busy, setBusy] = useState(false)

  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const to = textOf(new FormData(form.current!), 'to')
    setBusy(true)
    const result = await call(pathOf(party), { method: 'PUT', body: { to, role: party.role } })
    setBusy(false)
    setFailure(result.ok ? undefined : result.failure)
    if (result.ok) onClose()
  }

  return (
    <Dialog title={`${LABELS.move}: ${addressOf(party)} ${party.role}`} onClose={onClose}>
      <p>
        Until it has registered at its new platform nothing changes; from then on it counts there alone, and
        is SUSPENDED here.
      </p>
      <form ref={form} onSubmit={(event) => void submit(event)}>
        <Field
          label="To platform"
          hint="Its id, as in acme. It need not be there yet."
          error={errorOf(failure, 'to')}
        >
          <input name="to" required autocomplete="off" autocapitalize="off" spellcheck={false} />
        </Field>
        {failure && <Failed failure={failure} />}
        <Buttons busy={busy} label={LABELS.move} onClose={onClose} />
      </form>
    </Dialog>
  )
}

function StayDialog({ party, onClose }: { party: OwnParty; onClose: () => void }) {
  return (
    <Confirm
      title={`${LABELS.stay}: ${addressOf(party)} ${party.role}`}
      label={LABELS.stay}
      run={() => call(`${pathOf(party)}${queryText({ role: party.role })}`, { method: 'DELETE' })}
      onClose={onClose}
    >
      <p>Its registration at {party.moving_to} will be refused with 2001.</p>
    </Confirm>
  )
}

function addressOf({ country_code: countryCode, party_id: partyId }: OwnParty): string {
  return `${countryCode}-${partyId}`
}

function pathOf(party: OwnParty): string {
  return `/parties/${encodeURIComponent(addressOf(party))}/move`
}
