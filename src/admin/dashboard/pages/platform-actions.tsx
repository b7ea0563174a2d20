// What an operator can do with a connection, each after a question that says what will happen.

import { useState } from 'preact/hooks'
import { call, type Failure } from '../api/client.ts'
import type { Platform } from '../api/types.ts'
import { Dialog } from '../parts/controls.tsx'
import { Failed } from '../parts/states.tsx'
import { goTo } from '../router.ts'
import { useMayOperate } from '../session.tsx'
import { Answer } from './token-once.tsx'
import { ViewLinkDialog } from './view-link.tsx'

interface Action {
  readonly name: 'probe' | 'suspend' | 'resume' | 'rotate' | 'remove'
  readonly label: string
  /** What will happen, asked before it does. */
  readonly question: string
  readonly dangerous?: boolean
}

function actionsFor({ status, source }: Platform): Action[] {
  const probe: Action = {
    name: 'probe',
    label: 'Probe',
    question: 'The hub asks the platform for its versions now. An answer brings an OFFLINE platform back.',
  }
  const suspend: Action = {
    name: 'suspend',
    label: 'Suspend',
    question:
      'Requests to its parties are answered 4003 at once, and its own are refused, until it is resumed.',
    dangerous: true,
  }
  const resume: Action = {
    name: 'resume',
    label: 'Resume',
    question: 'Its parties are routed to and from again.',
  }
  const rotate: Action = {
    name: 'rotate',
    label: 'Rotate token',
    question:
      'The hub gives the platform a new token by a credentials exchange. The old one stays valid for a short overlap.',
  }
  const remove: Action = {
    name: 'remove',
    label: 'Remove',
    question:
      source === 'file'
        ? 'What the hub learned about it is forgotten; it then stands again as in the configuration file.'
        : 'The hub forgets it and its tokens. To connect again it has to register anew.',
    dangerous: true,
  }
  return [probe, ...(status === 'SUSPENDED' ? [resume] : [suspend]), rotate, remove]
}

export function PlatformActions({ platform, onDone }: { platform: Platform; onDone: () => void }) {
  const mayOperate = useMayOperate()
  const [asked, setAsked] = useState<Action>()
  const [linking, setLinking] = useState(false)
  if (!mayOperate) return <span class="quiet">Your token may only read.</span>
  return (
    <div class="actions">
      {actionsFor(platform).map((action) => (
        <button
          key={action.name}
          type="button"
          class={action.dangerous ? 'danger' : undefined}
          onClick={() => setAsked(action)}
        >
          {action.label}
        </button>
      ))}
      <button type="button" onClick={() => setLinking(true)}>
        Partner's view
      </button>
      {linking && <ViewLinkDialog id={platform.id} onClose={() => setLinking(false)} />}
      {asked && (
        <ActionDialog
          action={asked}
          platform={platform}
          onClose={(removed) => {
            setAsked(undefined)
            if (removed) goTo('/parties')
            else onDone()
          }}
        />
      )}
    </div>
  )
}

function ActionDialog({
  action,
  platform,
  onClose,
}: {
  action: Action
  platform: Platform
  onClose: (removed: boolean) => void
}) {
  const [failure, setFailure] = useState<Failure>()
  const [busy, setBusy] = useState(false)
  const [answer, setAnswer] = useState<{ readonly value: unknown }>()
  const removes = action.name === 'remove'

  const run = async (): Promise<void> => {
    setBusy(true)
    setFailure(undefined)
    const path = `/platforms/${encodeURIComponent(platform.id)}`
    const result = removes
      ? await call(path, { method: 'DELETE' })
      : await call(`${path}/${action.name}`, { method: 'POST', body: {} })
    setBusy(false)
    if (result.ok) setAnswer({ value: result.value })
    else setFailure(result.failure)
  }

  return (
    <Dialog
      title={`${action.label}: ${platform.id}`}
      onClose={() => onClose(removes && answer !== undefined)}
    >
      {answer ? (
        <>
          <p role="status">{doneText(action, answer.value)}</p>
          {(action.name === 'probe' || removes) && <Answer value={answer.value} />}
          <div class="actions">
            <button type="button" class="primary" onClick={() => onClose(removes)}>
              Close
            </button>
          </div>
        </>
      ) : (
        <>
          <p>{action.question}</p>
          {failure && <Failed failure={failure} />}
          <div class="actions">
            <button
              type="button"
              class={action.dangerous ? 'danger' : 'primary'}
              disabled={busy}
              onClick={() => void run()}
            >
              {busy ? 'Working …' : action.label}
            </button>
            <button type="button" onClick={() => onClose(false)}>
              Cancel
            </button>
          </div>
        </>
      )}
    </Dialog>
  )
}

function doneText({ name }: Action, answer: unknown): string {
  const { ok, status } = (answer ?? {}) as { ok?: boolean; status?: string }
  if (name === 'probe') return ok ? 'It answered.' : 'It did not answer as it should.'
  if (name === 'remove') return 'It is removed.'
  return status ? `Done; it is ${status} now.` : 'Done.'
}
