// A question before something is done: says what will happen, does it, and tells what the hub refused and why.

import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Failure, Result } from '../api/client.ts'
import { Dialog } from './controls.tsx'
import { Failed } from './states.tsx'

export interface ConfirmProps<Value> {
  readonly title: string
  /** What will happen. */
  readonly children: ComponentChildren
  /** Of the button that does it. */
  readonly label: string
  readonly dangerous?: boolean
  readonly run: () => Promise<Result<Value>>
  /** Shows what came of it before the dialog goes; absent = it goes at once. */
  readonly done?: (value: Value) => ComponentChildren
  /** Says more of a refusal than its sentence. */
  readonly refused?: (failure: Failure) => ComponentChildren
  readonly onClose: (done: boolean) => void
}

export function Confirm<Value>({
  title,
  children,
  label,
  dangerous = false,
  run,
  done,
  refused,
  onClose,
}: ConfirmProps<Value>) {
  const [failure, setFailure] = useState<Failure>()
  const [busy, setBusy] = useState(false)
  const [came, setCame] = useState<{ readonly of: Value }>()

  const act = async (): Promise<void> => {
    setBusy(true)
    setFailure(undefined)
    const result = await run()
    setBusy(false)
    if (!result.ok) setFailure(result.failure)
    else if (done) setCame({ of: result.value })
    else onClose(true)
  }

  if (came && done) {
    return (
      <Dialog title={title} onClose={() => onClose(true)}>
        {done(came.of)}
        <div class="actions">
          <CloseButton onClick={() => onClose(true)} />
        </div>
      </Dialog>
    )
  }
  return (
    <Dialog title={title} onClose={() => onClose(false)}>
      {children}
      {failure && <Failed failure={failure} />}
      {failure && refused?.(failure)}
      <div class="actions">
        <button
          type="button"
          class={dangerous ? 'danger' : 'primary'}
          disabled={busy}
          onClick={() => void act()}
        >
          {busy ? 'Working …' : label}
        </button>
        {/* Enter pressed twice by a tired hand must not do what cannot be undone. */}
        <button type="button" autofocus={dangerous} onClick={() => onClose(false)}>
          Cancel
        </button>
      </div>
    </Dialog>
  )
}

/** Has the keyboard from the start: the button that was pressed before is gone. */
function CloseButton({ onClick }: { onClick: () => void }) {
  const ref = useRef<HTMLButtonElement>(null)
  useEffect(() => ref.current?.focus(), [])
  return (
    <button ref={ref} type="button" class="primary" onClick={onClick}>
      Close
    </button>
  )
}
