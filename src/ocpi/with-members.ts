// Changed copies of the objects that every request meets.

/**
 * The object with some members changed or added, in their order. By copying member by member: on Node 20 an object that
 * gets new members after a spread at its beginning has a hidden class of its own, each time. That costs a microsecond
 * and a kilobyte that outlives the young generation, and whatever reads the object is compiled anew.
 */
export function withMembers<Kind extends object>(before: Kind, members: Partial<Kind> = {}): Kind {
  return Object.assign({}, before, members)
}
