// Sessions of the dashboard: they end by themselves and never outlive their token; hubs with the same secret know
// each other's, and what one has ended is ended on all.

import { describe, expect, it, vi } from 'vitest'
import type { AdminToken } from '../../../src/admin/admin-token.ts'
import {
  createSessions,
  ENDED_SESSIONS,
  SESSION_MS,
  type EndedSessions,
  type Sessions,
} from '../../../src/admin/sessions.ts'
import { openLiveSetting } from '../../../src/registry/live-setting.ts'
import { createMemorySettings, type Settings } from '../../../src/registry/settings.ts'
import { waitFor } from '../../support/wait.ts'

const operator: AdminToken = { name: 'operator', role: 'operate', sha256: 'aa' }
const other: AdminToken = { name: 'other', role: 'operate', sha256: 'bb' }
const keys = [Buffer.alloc(32, 1)]

let now = 1_000_000
const pass = (ms: number) => void (now += ms)

async function hub(settings?: Settings): Promise<Sessions> {
  if (!settings) return createSessions({ keys, now: () => now })
  const ended = await openLiveSetting<EndedSessions>(settings, {
    name: 'sessions',
    read: (json) => ENDED_SESSIONS.safeParse(json).data,
    log: { warn: () => undefined },
  })
  return createSessions({ keys, ended, now: () => now })
}

describe('a session', () => {
  it('lasts twelve hours, however much it is used', async () => {
    const sessions = await hub()
    const { id } = sessions.open(operator)
    pass(SESSION_MS - 1)
    expect(sessions.find(id, [operator])?.operator).toEqual(operator)
    pass(1)
    expect(sessions.find(id, [operator])).toBeUndefined()
  })

  it('has the role that its token has now, and ends with it', async () => {
    const sessions = await hub()
    const { id } = sessions.open(operator)
    const demoted: AdminToken = { ...operator, role: 'read' }
    expect(sessions.find(id, [other, demoted])?.operator.role).toBe('read')
    expect(sessions.find(id, [other])).toBeUndefined()
  })

  it('ends when it is closed, and no other does', async () => {
    const sessions = await hub()
    const [one, two] = [sessions.open(operator), sessions.open(operator)]
    await sessions.close(one.id)
    expect(sessions.find(one.id, [operator])).toBeUndefined()
    expect(sessions.find(two.id, [operator])).toBeDefined()
  })

  it('is believed only as it was signed: no other end, token or secret', async () => {
    const sessions = await hub()
    const { id } = sessions.open(operator)
    const [name, tag, expires, mac] = id.split('.') as [string, string, string, string]
    const tagOfOther = sessions.open(other).id.split('.')[1]!
    const longer = (Number.parseInt(expires, 36) + 1).toString(36)
    for (const forged of [
      '',
      'x',
      `${name}.${tag}.${longer}.${mac}`,
      `${name}.${tagOfOther}.${expires}.${mac}`,
      `${name}.${tag}.${expires}.${'A'.repeat(43)}`,
      `${name}.${tag}.${expires}`,
      id + id,
    ]) {
      expect(sessions.find(forged, [operator, other]), forged).toBeUndefined()
    }
    const stranger = createSessions({ keys: [Buffer.alloc(32, 2)], now: () => now })
    expect(stranger.find(id, [operator])).toBeUndefined()
    expect(stranger.cookie).not.toBe(sessions.cookie)
  })

  it('tells nothing of its token, not even the hash', async () => {
    const secret: AdminToken = { ...operator, sha256: 'c0ffee'.repeat(10) }
    expect((await hub()).open(secret).id).not.toContain('c0ffee')
  })
})

describe('sessions of several hubs', () => {
  it('are known to all of them, under one cookie, and ended on all', async () => {
    const settings = createMemorySettings()
    const [a, b] = [await hub(settings), await hub(settings)]
    const { id } = a.open(operator)
    expect(b.cookie).toBe(a.cookie)
    expect(b.find(id, [operator])?.operator).toEqual(operator)
    await b.close(id)
    await waitFor(() => a.find(id, [operator]) === undefined)
    // A hub that starts later knows it as well.
    expect((await hub(settings)).find(id, [operator])).toBeUndefined()
  })

  it('are known while a new secret is brought in', async () => {
    const added = [Buffer.alloc(32, 3), ...keys]
    const [old, renewed] = [createSessions({ keys }), createSessions({ keys: added })]
    expect(renewed.find(old.open(operator).id, [operator])).toBeDefined()
    expect(renewed.find(renewed.open(operator).id, [operator])).toBeDefined()
    expect(old.find(renewed.open(operator).id, [operator])).toBeUndefined()
  })

  it('that are ended at the same time on two hubs are both ended', async () => {
    const settings = createMemorySettings()
    const [a, b] = [await hub(settings), await hub(settings)]
    const [one, two] = [a.open(operator), b.open(operator)]
    await Promise.all([a.close(one.id), b.close(two.id)])
    const late = await hub(settings)
    for (const { id } of [one, two]) expect(late.find(id, [operator])).toBeUndefined()
  })

  it('are ended here at once while the store is away, and there when it is back', async () => {
    vi.useFakeTimers()
    try {
      const settings = createMemorySettings()
      let isAway = true
      const flaky: Settings = {
        ...settings,
        write: (...args) => (isAway ? Promise.reject(new Error('away')) : settings.write(...args)),
      }
      const a = await hub(flaky)
      const { id } = a.open(operator)
      await a.close(id)
      expect(a.find(id, [operator])).toBeUndefined()
      expect((await hub(settings)).find(id, [operator])).toBeDefined()
      isAway = false
      await vi.advanceTimersByTimeAsync(10_000)
      expect((await hub(settings)).find(id, [operator])).toBeUndefined()
    } finally {
      vi.useRealTimers()
    }
  })

  it('that ended are forgotten at their natural end; of very many all that were open end', async () => {
    const settings = createMemorySettings()
    const a = await hub(settings)
    const first = a.open(operator)
    const elsewhere = a.open(other)
    for (let count = 0; count < 201; count++) {
      pass(1)
      await a.close(a.open(operator).id)
    }
    const late = await hub(settings)
    expect(late.find(first.id, [operator])).toBeUndefined()
    expect(late.find(elsewhere.id, [other])).toBeDefined()
    const text = async () => (await settings.read('sessions'))!.text
    expect((await text()).length).toBeLessThan(10_000)
    pass(SESSION_MS)
    await a.close(a.open(other).id)
    expect(Object.keys(JSON.parse(await text()) as object)).toHaveLength(1)
  })
})
