// A hub without tracing loads nothing of OpenTelemetry. A file of its own, so that nobody has loaded it before.

import { createRequire } from 'node:module'
import { expect, it } from 'vitest'
import { startHub } from '../support/hub.ts'

const { cache } = createRequire(import.meta.url)

// Of the rest the test runner may have loaded the API.
function isLoaded(): boolean {
  return Object.keys(cache).some((path) => path.includes('@opentelemetry/sdk-trace'))
}

it('loads OpenTelemetry when it is configured, and not before', async () => {
  const plain = await startHub()
  await plain.close()
  expect(isLoaded()).toBe(false)

  const traced = await startHub({ tracing: { otlpEndpoint: 'http://127.0.0.1:9', sample: 0 } })
  await traced.close()
  expect(isLoaded()).toBe(true)
})
