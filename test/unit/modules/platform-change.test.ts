// Dates of changes: in the order in which the changes were made, though hubs take the time for a little earlier (R91).

import { describe, expect, it } from 'vitest'
import { withStatus } from '../../../src/modules/platform-change.ts'
import { platform, role } from '../../support/platforms.ts'

const NOW = Date.parse('2026-01-01T12:00:00.000Z')
const changed = (atMs: number) =>
  withStatus(
    platform('acme', { roles: [role('DE-CPO CPO')], lastUpdated: new Date(NOW + atMs).toISOString() }),
    'SUSPENDED',
    NOW,
  )

describe('a change of status', () => {
  it.each([
    ['after one before it is dated now', -1, 0],
    ['after one of the same instant is dated after it', 0, 1],
    ['after one of a hub that is a little ahead is dated after it', 61, 62],
    ['after one of a clock that was wrong is dated now', 3_600_000, 0],
  ])('%s', (_what, atMs, datedMs) => {
    const date = new Date(NOW + datedMs).toISOString()
    expect(changed(atMs)).toMatchObject({ lastUpdated: date, roles: [{ lastUpdated: date }] })
  })
})
