// What the dialogs for new connections share.

import type { Failure } from '../api/client.ts'

export const ID_HINT = 'A name of your own for the connection, as in acme.'

/** What is wrong with a member of the body, from the API's problem. */
export function errorOf(failure: Failure | undefined, name: string): string | undefined {
  const found = failure?.errors.find(
    ({ parameter }) => parameter === name || parameter.startsWith(`${name}.`),
  )
  return found?.message
}

export function Buttons({ busy, label, onClose }: { busy: boolean; label: string; onClose: () => void }) {
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
