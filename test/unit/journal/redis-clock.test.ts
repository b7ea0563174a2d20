// Redis's clock as the hub knows it.

import { expect, it, onTestFinished } from 'vitest'
import { createServerClock } from '../../../src/journal/redis-clock.ts'

it('gives the time it has asked for, also when what is known is found to be wrong meanwhile', async () => {
  const clock = createServerClock(async () => 1_000_000)
  onTestFinished(() => clock.stop())
  const asked = performance.now()
  const time = clock.timeAt(asked)
  for (let step = 0; step < 10; step++) {
    await Promise.resolve()
    clock.forget()
  }
  expect(await time).toBeLessThanOrEqual(1_000_000)
  expect(await time).toBeGreaterThan(1_000_000 - (performance.now() - asked) - 1)
})
