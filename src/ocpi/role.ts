// Roles of parties, and who is the opposite of whom in a broadcast push (R53, T8). Pure data.

/** Role of a party. OCPI's own values; unknown ones are kept as they came and treated like an eMSP (R113, T14). */
export type Role = string

/** Every role that some OCPI version or chapter names. */
export const ROLES = ['CPO', 'EMSP', 'HUB', 'NAP', 'NSP', 'OTHER', 'SCSP', 'PTP'] as const

/** Acting role of a pusher -> roles that get its broadcast (T8); HUB peers are never targets (T25). */
const OPPOSITE_ROLES: Readonly<Record<string, readonly Role[]>> = {
  CPO: ['EMSP', 'NSP', 'OTHER', 'NAP', 'SCSP', 'PTP'],
  EMSP: ['CPO'],
  NSP: ['CPO'],
  OTHER: ['CPO'],
  SCSP: ['CPO'],
  PTP: ['CPO'],
  NAP: ['EMSP', 'NSP', 'OTHER'],
}

const KNOWN: ReadonlySet<string> = new Set(ROLES)

/** Whether `other` is a role that a party acting as `role` pushes to and asks; an unknown role is like an eMSP (T14). */
export function isOpposite(role: Role, other: Role): boolean {
  const name = other.toUpperCase()
  const opposite = OPPOSITE_ROLES[role.toUpperCase()] ?? OPPOSITE_ROLES.EMSP!
  return opposite.includes(KNOWN.has(name) ? name : 'EMSP')
}

/** Modules whose broadcasts a role gets (T8); a role that is not here gets those it has endpoints for. */
const BROADCAST_MODULES: Readonly<Record<string, readonly string[]>> = {
  NAP: ['locations', 'tariffs'],
  SCSP: ['sessions'],
}

/** Whether broadcasts of the module (its id in the table of modules) are for parties in this role. */
export function takesBroadcasts(role: Role, module: string): boolean {
  return BROADCAST_MODULES[role.toUpperCase()]?.includes(module) ?? true
}
