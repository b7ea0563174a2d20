// Gauges by responder: bounded like every label, and those that matter most are the ones shown.

import { expect, it } from 'vitest'
import { createMetrics } from '../../../src/journal/metrics.ts'

it('shows the 500 least values when there are more platforms, and forgets those that are gone', async () => {
  const metrics = createMetrics({ version: '1.2.3' })
  let values: (readonly [string, number])[] = Array.from({ length: 2_000 }, (_, index) => [
    `p${index}`,
    2_000 - index,
  ])
  metrics.responderGauge('ocpi_hub_test_seconds', 'A test.', () => values)
  const series = async () => (await metrics.text()).match(/^ocpi_hub_test_seconds\{.*$/gm) ?? []
  expect(await series()).toHaveLength(500)
  expect((await series())[0]).toBe('ocpi_hub_test_seconds{responder="p1999"} 1')
  values = [['one', -5]]
  expect(await series()).toEqual(['ocpi_hub_test_seconds{responder="one"} -5'])
})
