// Sessions of the dashboard: they end by themselves, are bounded, and never outlive their token.

import { describe, expect, it } from 'vitest'
import type { AdminToken } from '../../../src/admin/parts.ts'
import { createSessions, SESSION_MS } from '../../../src/admin/sessions.ts'

const operator: AdminToken = { name: 'operator', role: 'operate', sha256: 'aa' }

function startSessions() {
  let now = 1_000_000
  return { sessions: createSessions(() => now), pass: (ms: number) => void (now += ms) }
}

describe('a session', () => {
  it('lasts twelve hours, however much it is used', () => {
    const { sessions, pass } = startSessions()
    const { id } = sessions.open(operator)
    pass(SESSION_MS - 1)
    expect(sessions.find(id, [operator])?.operator).toEqual(operator)
    pass(1)
    expect(sessions.find(id, [operator])).toBeUndefined()
  })

  it('has the role that its token has now, and ends with it', () => {
    const { sessions } = startSessions()
    const { id } = sessions.open(operator)
    const demoted: AdminToken = { ...operator, role: 'read' }
    expect(sessions.find(id, [demoted])?.operator.role).toBe('read')
    expect(sessions.find(id, [{ ...operator, sha256: 'bb' }])).toBeUndefined()
  })

  it('ends when it is closed; an unknown id is none', () => {
    const { sessions } = startSessions()
    const { id } = sessions.open(operator)
    sessions.close(id)
    expect(sessions.find(id, [operator])).toBeUndefined()
    expect(sessions.find('', [operator])).toBeUndefined()
  })

  it('pushes out the oldest when there are a thousand', () => {
    const { sessions } = startSessions()
    const first = sessions.open(operator)
    const second = sessions.open(operator)
    for (let count = 0; count < 999; count++) sessions.open(operator)
    expect(sessions.find(first.id, [operator])).toBeUndefined()
    expect(sessions.find(second.id, [operator])).toBeDefined()
  })
})
