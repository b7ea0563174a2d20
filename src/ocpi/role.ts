// Roles of parties, and who is the opposite of whom in a broadcast push (R53, T8). Pure data.

/** Role of a party. OCPI's own values; unknown ones are kept as they came and treated like an eMSP (R113, T14). */
export type Role = string

/** Every role that some OCPI version or chapter names. */
export const ROLES = ['CPO', 'EMSP', 'HUB', 'NAP', 'NSP', 'OTHER', 'SCSP', 'PTP'] as const

/** Acting role of a pusher -> roles that get its broadcast (T8); HUB peers are never targets (T25). */
export const OPPOSITE_ROLES: Readonly<Record<string, readonly Role[]>> = {
  CPO: ['EMSP', 'NSP', 'OTHER', 'NAP', 'SCSP', 'PTP'],
  EMSP: ['CPO'],
  NSP: ['CPO'],
  OTHER: ['CPO'],
  SCSP: ['CPO'],
  PTP: ['CPO'],
  NAP: ['EMSP', 'NSP', 'OTHER'],
}

/** Roles that receive a broadcast by a party acting as `role`; an unknown role acts like an eMSP. */
export function oppositeRoles(role: Role): readonly Role[] {
  return OPPOSITE_ROLES[role.toUpperCase()] ?? OPPOSITE_ROLES.EMSP!
}
