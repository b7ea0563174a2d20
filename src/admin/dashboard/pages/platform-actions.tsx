// What an operator can do with a connection, each after a question that says what will happen. What the configuration
// file decides is not offered but told, since the hub would refuse it.

import { useState } from 'preact/hooks'
import { call, type Result } from '../api/client.ts'
import type { Platform } from '../api/types.ts'
import { Confirm } from '../parts/confirm.tsx'
import { goTo } from '../router.ts'
import { useMayOperate } from '../session.tsx'
import { Answer, TokenOnce } from './token-once.tsx'
import { ViewLinkDialog } from './view-link.tsx'

interface Action {
  readonly name: 'probe' | 'suspend' | 'resume' | 'refresh' | 'rotate' | 'prepare' | 'remove'
  readonly label: string
  /** What will happen, asked before it does. */
  readonly question: string
  readonly dangerous?: boolean
}

const PROBE: Action = {
  name: 'probe',
  label: 'Probe',
  question: 'The hub asks the platform for its versions now. An answer brings an OFFLINE platform back.',
}
const SUSPEND: Action = {
  name: 'suspend',
  label: 'Suspend',
  question:
    'Requests to its parties are answered 4003 at once, and its own are refused, until it is resumed.',
  dangerous: true,
}
const RESUME: Action = {
  name: 'resume',
  label: 'Resume',
  question: 'Its parties are routed to and from again.',
}
const REFRESH: Action = {
  name: 'refresh',
  label: 'Read endpoints',
  question: 'The hub reads its versions and endpoints again. Tokens and parties stay as they are.',
}
const ROTATE: Action = {
  name: 'rotate',
  label: 'Rotate token',
  question:
    'The hub gives the platform a new token by a credentials exchange. The old one stays valid for a short overlap.',
}
const PREPARE: Action = {
  name: 'prepare',
  label: 'New registration token',
  question: 'The hub makes a new token to register with. One that was handed over before ends at once.',
}
const REMOVE: Action = {
  name: 'remove',
  label: 'Remove',
  question: 'The hub forgets it and its tokens. To connect again it has to register anew.',
  dangerous: true,
}

/** What makes sense for the platform and would not be refused for what it is. */
function actionsFor({ status, source, tokens, versions_url: versionsUrl }: Platform): Action[] {
  const inFile = source === 'file'
  if (status === 'PLANNED') return inFile ? [] : [PREPARE, REMOVE]
  return [
    ...(tokens.outbound ? [PROBE] : []),
    // Without it the file lists its endpoints.
    ...(tokens.outbound && versionsUrl ? [REFRESH] : []),
    status === 'SUSPENDED' ? RESUME : SUSPEND,
    ...(inFile || !tokens.outbound ? [] : [ROTATE]),
    ...(inFile ? [] : [REMOVE]),
  ]
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
          onClose={(done) => {
            setAsked(undefined)
            if (done && asked.name === 'remove') goTo('/parties')
            else onDone()
          }}
        />
      )}
    </div>
  )
}

function ActionDialog({
  action,
  platform: { id },
  onClose,
}: {
  action: Action
  platform: Platform
  onClose: (done: boolean) => void
}) {
  return (
    <Confirm
      title={`${action.label}: ${id}`}
      label={action.label}
      dangerous={action.dangerous ?? false}
      run={() => run(action, id)}
      done={(answer) => (
        <>
          <p role="status">{doneText(action, answer)}</p>
          {action.name === 'prepare' && <TokenOnce answer={answer} />}
          {(action.name === 'probe' || action.name === 'remove') && <Answer value={answer} />}
        </>
      )}
      onClose={onClose}
    >
      <p>{action.question}</p>
    </Confirm>
  )
}

function run({ name }: Action, id: string): Promise<Result<unknown>> {
  const path = `/platforms/${encodeURIComponent(id)}`
  if (name === 'remove') return call(path, { method: 'DELETE' })
  if (name === 'prepare') return call('/platforms', { method: 'POST', body: { id } })
  return call(`${path}/${name}`, { method: 'POST', body: {} })
}

function doneText({ name }: Action, answer: unknown): string {
  const { ok, status } = (answer ?? {}) as { ok?: boolean; status?: string }
  if (name === 'probe') return ok ? 'It answered.' : 'It did not answer as it should.'
  if (name === 'remove') return 'It is removed.'
  if (name === 'prepare') return 'It can register with the new token.'
  return status ? `Done; it is ${status} now.` : 'Done.'
}
