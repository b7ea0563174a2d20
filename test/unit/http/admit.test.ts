// Whom a header lets in, over routing tables that follow each other.

import { describe, expect, it } from 'vitest'
import { Fault } from '../../../src/faults/fault.ts'
import { createAdmit } from '../../../src/http/admit.ts'
import { hashToken } from '../../../src/ocpi/token.ts'
import type { Platform } from '../../../src/registry/platform.ts'
import { buildRoutingTable } from '../../../src/registry/routing-table.ts'
import { collectOwnGarbage } from '../../support/own-garbage.ts'
import { platform } from '../../support/platforms.ts'

const KEY = Buffer.alloc(32, 3)
const HEADER = 'Token secret'
const NOW = 1_000

const withToken = (id: string, token: string, changes: Partial<Platform> = {}) =>
  platform(id, { inbound: [{ hash: hashToken(token, KEY), purpose: 'credentials' }], ...changes })

const newAdmit = () =>
  createAdmit(
    [KEY],
    () => undefined,
    () => NOW,
  )

function faultOf(act: () => unknown): string | undefined {
  try {
    act()
  } catch (thrown) {
    return thrown instanceof Fault ? thrown.code : String(thrown)
  }
  return undefined
}

describe('a header that was let in', () => {
  it('is let in as the platform is in the next table', () => {
    const admit = newAdmit()
    const [first, second] = [withToken('acme', 'secret'), withToken('acme', 'secret', { status: 'OFFLINE' })]
    const [before, after] = [buildRoutingTable([first], 1), buildRoutingTable([second], 2)]
    expect(admit(HEADER, before)).toMatchObject({ value: 'secret', form: 'raw' })
    expect(admit(HEADER, before).connection.platform).toBe(first)
    expect(admit(HEADER, after).connection.platform).toBe(second)
    expect(admit(HEADER, after)).toMatchObject({ value: 'secret', form: 'raw' })
    // A request that came before the change is answered by what was then.
    expect(admit(HEADER, before).connection.platform).toBe(first)
  })

  it('is not any more when its token is gone, and is another platform when that has it now', () => {
    const admit = newAdmit()
    admit(HEADER, buildRoutingTable([withToken('acme', 'secret')], 1))
    const without = buildRoutingTable([withToken('acme', 'another')], 2)
    expect(faultOf(() => admit(HEADER, without))).toBe('token_unknown')
    expect(faultOf(() => admit(HEADER, without))).toBe('token_unknown')
    const moved = buildRoutingTable([withToken('acme', 'another'), withToken('other', 'secret')], 3)
    expect(admit(HEADER, moved).connection.platform.id).toBe('other')
  })

  it('is not any more when its token has ended meanwhile', () => {
    const admit = newAdmit()
    admit(HEADER, buildRoutingTable([withToken('acme', 'secret')], 1))
    const inbound = [{ hash: hashToken('secret', KEY), purpose: 'credentials', validUntil: NOW }] as const
    const ended = buildRoutingTable([withToken('acme', 'secret', { inbound })], 2)
    expect(faultOf(() => admit(HEADER, ended))).toBe('token_unknown')
  })

  it('keeps nothing of the tables before, whether its token is still there or not', async () => {
    const admit = newAdmit()
    const gone = ((): WeakRef<object>[] => {
      const table = buildRoutingTable([withToken('acme', 'secret'), withToken('other', 'another')], 1)
      return [HEADER, 'Token another'].map((header) => new WeakRef(admit(header, table).connection))
    })()
    admit(HEADER, buildRoutingTable([withToken('acme', 'secret')], 2))
    await collectOwnGarbage()
    expect(gone.map((one) => one.deref())).toEqual([undefined, undefined])
  })

  it('is found also where there are more than can be remembered', () => {
    const admit = newAdmit()
    const count = 10_050
    const table = buildRoutingTable(
      Array.from({ length: count }, (_, index) => withToken(`p${index}`, `secret-${index}`)),
      1,
    )
    for (const index of [...Array(count).keys(), 0, count - 1]) {
      expect(admit(`Token secret-${index}`, table).connection.platform.id).toBe(`p${index}`)
    }
  })
})
