// Joining the platforms of the file and of the store: what is patched is what would have been joined anew.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { claimsOfFile, createJoin, type Joined } from '../../../src/registry/file-platforms.ts'
import type { KnownRecord, KnownRecords } from '../../../src/registry/known.ts'
import { patchMap } from '../../../src/registry/patched-map.ts'
import type { Platform } from '../../../src/registry/platform.ts'
import { recordId } from '../../../src/registry/record.ts'
import { platform, role } from '../../support/platforms.ts'

const IDS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l']
const fromFile = [platform('file', { source: 'file', roles: [role('NL-FIL CPO')] })]
const file = claimsOfFile(fromFile)

const stored = (one: Platform): KnownRecord => ({
  text: '',
  stored: { platform: one, ...(one.source === 'file' ? { fileStatus: fromFile[0]!.status } : {}) },
})

const change = fc.record({
  id: fc.constantFrom('file', ...IDS),
  what: fc.constantFrom('status', 'status', 'status', 'clash', 'gone', 'broken'),
  status: fc.constantFrom('CONNECTED', 'OFFLINE', 'SUSPENDED'),
} as const)
type Change = typeof change extends fc.Arbitrary<infer Value> ? Value : never

function toRecord({ id, what, status }: Change): KnownRecord {
  if (what === 'gone') return { text: '' }
  if (what === 'broken') return { text: '', problem: 'broken' }
  if (id === 'file') return stored({ ...fromFile[0]!, status, revision: 1 })
  const roles = [role(what === 'clash' ? 'NL-FIL CPO' : `NL-${id.repeat(3)} CPO`)]
  return stored(platform(id, { source: 'registered', roles, status, revision: 1 }))
}

function withChange(known: KnownRecords, one: Change): KnownRecords {
  const id = one.id === 'file' ? recordId(fromFile[0]!) : one.id
  const entry = toRecord(one)
  return known.has(id) ? patchMap(known, new Map([[id, entry]])) : new Map(known).set(id, entry)
}

const comparable = ({ platforms, left, broken }: Joined) => ({ platforms: [...platforms], left, broken })

describe('joined again', () => {
  it('gives what joining anew gives, and names all that has changed', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
        const join = createJoin()
        let known: KnownRecords = new Map(
          IDS.map((id) => [id, toRecord({ id, what: 'status', status: 'CONNECTED' })]),
        )
        let before = join({ file, known })
        for (const one of changes) {
          known = withChange(known, one)
          const joined = join({ file, known })
          const anew = createJoin()({ file, known })
          expect(comparable(joined)).toEqual(comparable(anew))
          const same = new Set(before.platforms.values())
          for (const platform of joined.platforms.values()) {
            if (!same.has(platform)) expect(joined.changed).toContain(platform)
          }
          before = joined
        }
      }),
      { numRuns: 300 },
    )
  })
})
