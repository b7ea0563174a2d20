// Changed copies of what every request meets.

import { expect, it } from 'vitest'
import { withMembers } from '../../../src/ocpi/with-members.ts'
import { countClasses } from '../../support/hidden-classes.ts'

interface Thing {
  readonly id: number
  readonly name: string
  readonly byUrl?: true
}

it('the copies are of one hidden class, with members that are new as well', () => {
  const things = Array.from({ length: 60 }, (_, id): Thing => ({ id, name: 'thing' }))
  expect(countClasses(things.map((thing) => withMembers(thing, { name: 'other' })))).toBe(1)
  const copies = things.map((thing) => withMembers(thing, { byUrl: true }))
  expect(countClasses(copies)).toBe(1)
  expect(copies[7]).toEqual({ id: 7, name: 'thing', byUrl: true })
  expect(things[7]).toEqual({ id: 7, name: 'thing' })
})
