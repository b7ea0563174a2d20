// A link with which a partner sees its own errors, status history and missed pushes: made for some days, or revoked.

import { useState } from 'preact/hooks'
import { call, type Failure } from '../api/client.ts'
import { CopyButton, Dialog, Field } from '../parts/controls.tsx'
import { Clock } from '../parts/marks.tsx'
import { Failed } from '../parts/states.tsx'

const DAYS = [1, 7, 30, 90] as const
const DAYS_USUAL = 7

interface ViewLink {
  readonly url: string
  readonly expires: string
}

export function ViewLinkDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const [days, setDays] = useState<number>(DAYS_USUAL)
  const [link, setLink] = useState<ViewLink>()
  const [said, setSaid] = useState('')
  const [failure, setFailure] = useState<Failure>()
  const path = `/platforms/${encodeURIComponent(id)}/view-link`

  const make = async (): Promise<void> => {
    const result = await call<ViewLink>(path, { method: 'POST', body: { days } })
    setFailure(result.ok ? undefined : result.failure)
    setLink(result.ok ? result.value : undefined)
    setSaid('')
  }
  const revoke = async (): Promise<void> => {
    const result = await call(path, { method: 'DELETE' })
    setFailure(result.ok ? undefined : result.failure)
    setLink(undefined)
    setSaid(result.ok ? 'All links to it are ended.' : '')
  }

  return (
    <Dialog title={`Partner's view: ${id}`} onClose={onClose}>
      <p>
        A link shows this platform's own errors, status history and missed pushes, and nothing of others.
        Whoever has it may look, without logging in.
      </p>
      <Field label="Good for">
        <select value={days} onChange={(event) => setDays(Number(event.currentTarget.value))}>
          {DAYS.map((number) => (
            <option key={number} value={number}>
              {number === 1 ? '1 day' : `${number} days`}
            </option>
          ))}
        </select>
      </Field>
      {link && (
        <div class="token-once">
          <p>
            <code class="long">{link.url}</code> <CopyButton text={link.url} label="Copy link" />
          </p>
          <p class="quiet">
            until <Clock time={link.expires} />
          </p>
        </div>
      )}
      {said && <p role="status">{said}</p>}
      {failure && <Failed failure={failure} />}
      <div class="actions">
        <button type="button" class="primary" onClick={() => void make()}>
          Make a link
        </button>
        <button type="button" class="danger" onClick={() => void revoke()}>
          Revoke all links
        </button>
        <button type="button" onClick={onClose}>
          Close
        </button>
      </div>
    </Dialog>
  )
}
