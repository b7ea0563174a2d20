// Which of several platforms that hold an addressed party a request goes to (T15, T16).

import { expect, it } from 'vitest'
import { moduleRow } from '../../../src/ocpi/module.ts'
import type { Platform } from '../../../src/registry/platform.ts'
import { buildRoutingTable } from '../../../src/registry/routing-table.ts'
import { choosePlatform } from '../../../src/routing/targets.ts'
import { platform, role } from '../../support/platforms.ts'

const emsp = platform('emsp', { roles: [role('NL-EMS EMSP')] })

/** The platform of DE-CPO that locations are asked of. */
function chosen(...holders: readonly Platform[]): string {
  const table = buildRoutingTable([emsp, ...holders], 1)
  const row = moduleRow('locations')
  const wanted = {
    sender: table.connections.get('emsp')!,
    from: 'NL-EMS',
    row,
    module: 'locations',
    interface: 'SENDER',
    version: '2.2.1',
  } as const
  return choosePlatform(table.parties.get('DE-CPO')!, wanted).connection.platform.id
}

const cpo = (id: string, changes: Partial<Platform> = {}) =>
  platform(id, { roles: [role('DE-CPO CPO')], ...changes })

it('takes the one that has the endpoint, then the opposite role, then who is connected (T15, T16)', () => {
  const other = platform('other', { roles: [role('DE-CPO EMSP')] })
  expect(chosen(other, cpo('cpo'))).toBe('cpo')
  expect(chosen(other, cpo('cpo', { endpoints: [] }))).toBe('other')
  expect(chosen(cpo('cpo', { status: 'OFFLINE' }), other)).toBe('cpo')
})

it('does not take one that the party has left while it is anywhere else, whatever endpoints are left', () => {
  const left = cpo('left', { status: 'SUSPENDED' })
  const moved = cpo('moved', { roles: [{ ...role('DE-CPO CPO'), withdrawn: true }] })
  expect(chosen(left, moved, cpo('new', { endpoints: [] }))).toBe('new')
  expect(chosen(left, moved)).toBe('left')
})
