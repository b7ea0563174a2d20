// Which entries of the journal are pushes that a receiver has missed: it was to get an object, the hub could not
// deliver it or the receiver failed to take it, and nobody sends it again (OCPI knows no retries, R92).

import type { JournalEntry } from '../journal/journal-entry.ts'
import { moduleRow } from '../ocpi/module.ts'
import { type PartyKey, partyKey } from '../ocpi/party.ts'

export interface MissedPush {
  readonly receiver: PartyKey
  /** Id of the module, in the specification's spelling. */
  readonly module: string
  /** Who pushed. */
  readonly from: PartyKey
  /** Of the object, below the module: `/DE/CPO/LOC1`. */
  readonly path: string
  /** When the push arrived at the hub, in milliseconds since the epoch. */
  readonly at: number
}

const PUSHES = new Set(['PUT', 'PATCH', 'POST', 'DELETE'])

/** The push that this entry shows as missed. Only of modules with lists: those can be pulled afterwards. */
export function readMissedPush(entry: JournalEntry): MissedPush | undefined {
  const { to, from, module, method } = entry
  if (entry.interface !== 'RECEIVER' || !PUSHES.has(method) || !isMissed(entry)) return undefined
  if (to === undefined || from === undefined || module === undefined) return undefined
  const row = moduleRow(module)
  if (!row.lists || row.responseUrl) return undefined
  const path = objectPath(entry.path, module)
  const at = Date.parse(entry.time)
  return { receiver: to, module: row.id, from: ownerIn(path, entry) ?? from, path, at }
}

function isMissed({ code, author, fault, at, mode }: JournalEntry): boolean {
  if (fault === undefined) return author === 'responder' && code >= 3000 && code < 4000
  // What its sender did wrong it learns itself, but for a broadcast, which it believes delivered.
  return at !== 'requester' || mode === 'broadcast'
}

/** What follows the module in `/ocpi/2.2.1/receiver/locations/DE/CPO/LOC1`. */
function objectPath(path: string, module: string): string {
  const [, , , , named] = path.split('/', 5)
  if (named?.toLowerCase() !== module.toLowerCase()) return ''
  return path
    .split('/')
    .slice(5)
    .map((part) => `/${part}`)
    .join('')
}

/** A broadcast push has the hub as FROM; its owner stands in the URL (R55, R72). */
function ownerIn(path: string, { mode }: JournalEntry): PartyKey | undefined {
  if (mode !== 'broadcast') return undefined
  const [, countryCode, partyId] = path.split('/', 3)
  return countryCode && partyId ? partyKey({ countryCode, partyId }) : undefined
}
