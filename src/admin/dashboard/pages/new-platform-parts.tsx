// What the dialogs for new connections share.

import { readPartyText } from '../../../ocpi/party.ts'
import type { Failure } from '../api/client.ts'

export const ID_HINT = 'A name of your own for the connection, as in acme.'

export const ROLES_WRONG = 'Write each as party and role, as in DE-CPO CPO.'

/** Reads `DE-CPO CPO, DE-CPO EMSP`; `undefined` when a part is nothing of that form. */
export function readRoles(
  text: string,
): { country_code: string; party_id: string; role: string }[] | undefined {
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
