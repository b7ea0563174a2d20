// One row per OCPI module: what kind it is, what may be broadcast, where it carries URLs (hub-requirements §2).
// Ids that are not in the table are custom modules: functional, routed like any other (R20).

/** Interfaces of a module: SENDER = of the data's owner, RECEIVER = of the data's receiver (R113). */
export const INTERFACES = ['SENDER', 'RECEIVER'] as const

export type InterfaceRole = (typeof INTERFACES)[number]

export interface ModuleRow {
  readonly id: string
  /** Other spellings a peer may use (T27). */
  readonly aliases?: readonly string[]
  /** configuration = answered by the hub, never routed (R23). */
  readonly kind: 'functional' | 'configuration'
  /** Role that a push on the RECEIVER interface acts as (T8). */
  readonly pusherRole?: 'CPO' | 'EMSP' | 'PTP'
  /** Pushes may go to everybody (R57, T9); a pattern limits it to some paths below the endpoint. */
  readonly broadcast?: true | RegExp
  /** Paths below the SENDER endpoint that are paginated lists (R68); `''` is the endpoint itself. */
  readonly lists?: readonly string[]
  /** Where a request carries a URL of its requester (R75). */
  readonly responseUrl?: true
  /** A POST on the RECEIVER interface answers with the URL of what it stored (R82). */
  readonly location?: true
  /** Fault for a 404 without envelope on an object of this module (T4). */
  readonly unknownObject?: 'location_unknown' | 'token_uid_unknown'
  /** Its objects are of one eMSP's customers, and no other eMSP is to see them. */
  readonly personal?: true
  /** URL below the RECEIVER endpoint starts with {country_code}/{party_id} of the owner (R72). */
  readonly clientOwned?: true
}

export const MODULES: readonly ModuleRow[] = [
  { id: 'versions', kind: 'configuration' },
  { id: 'credentials', kind: 'configuration' },
  { id: 'hubclientinfo', kind: 'configuration' },
  {
    id: 'locations',
    kind: 'functional',
    pusherRole: 'CPO',
    broadcast: true,
    lists: [''],
    unknownObject: 'location_unknown',
    clientOwned: true,
  },
  { id: 'tariffs', kind: 'functional', pusherRole: 'CPO', broadcast: true, lists: [''], clientOwned: true },
  {
    id: 'tokens',
    kind: 'functional',
    pusherRole: 'EMSP',
    broadcast: true,
    lists: [''],
    unknownObject: 'token_uid_unknown',
    clientOwned: true,
  },
  { id: 'sessions', kind: 'functional', pusherRole: 'CPO', lists: [''], clientOwned: true, personal: true },
  { id: 'cdrs', kind: 'functional', pusherRole: 'CPO', lists: [''], location: true, personal: true },
  { id: 'commands', kind: 'functional', responseUrl: true },
  { id: 'chargingprofiles', kind: 'functional', responseUrl: true },
  { id: 'invoicereconciliation', kind: 'functional', lists: [''], clientOwned: true },
  {
    id: 'payments',
    kind: 'functional',
    pusherRole: 'PTP',
    lists: ['/terminals', '/financial-advice-confirmations'],
  },
  {
    id: 'Booking',
    aliases: ['bookings'],
    kind: 'functional',
    pusherRole: 'CPO',
    broadcast: /^\/[^/]+\/[^/]+\/booking_?locations(\/|$)/i,
    lists: ['', '/booking_locations'],
    clientOwned: true,
  },
]

const BY_ID: ReadonlyMap<string, ModuleRow> = new Map(
  MODULES.flatMap((row) => [row.id, ...(row.aliases ?? [])].map((id) => [id.toLowerCase(), row] as const)),
)

/** Row of a module id in any spelling; a custom id gives a plain functional row with the id as it came. */
export function moduleRow(id: string): ModuleRow {
  return BY_ID.get(id) ?? BY_ID.get(id.toLowerCase()) ?? { id, kind: 'functional' }
}

const KEYS: ReadonlyMap<string, string> = new Map(
  [...BY_ID].map(([spelling, row]) => [spelling, row.id.toLowerCase()]),
)

/** Spelling-free key of a module id, for endpoint look-up (T27: `bookings` = `Booking`). */
export function moduleKey(id: string): string {
  return knownModuleKey(id) ?? id.toLowerCase()
}

/** The key of a module that OCPI itself defines, `undefined` for others: bounds the label sets of metrics. */
export function knownModuleKey(id: string): string | undefined {
  return KEYS.get(id) ?? KEYS.get(id.toLowerCase())
}
