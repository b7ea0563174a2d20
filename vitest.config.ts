// One project per way of testing; those in a browser run one after another. TEST_REPORT names a file for a JSON report beside the usual lines.

import { defineConfig } from 'vitest/config'

// Against a hang only: a machine that runs everything at once may need many times what a test takes alone. What the hub
// promises to do in a time is measured by the test of it.
const shared = {
  pool: 'forks',
  testTimeout: 60_000,
  hookTimeout: 120_000,
  expect: { poll: { timeout: 20_000 } },
} as const

const report = process.env.TEST_REPORT

/** What lasts: only in `npm run soak`. */
const soak = {
  test: {
    ...shared,
    name: 'soak',
    include: ['test/soak/**/*.test.ts', 'test/wire/{framing,crash,redis-outage,cluster}.test.ts'],
    fileParallelism: false,
  },
}

export default defineConfig({
  test: {
    ...(report ? { reporters: ['default', 'json'], outputFile: { json: report } } : {}),
    maxWorkers: 2,
    projects: [
      { test: { ...shared, name: 'unit', include: ['test/unit/**/*.test.ts', 'test/tidy.test.ts'] } },
      { test: { ...shared, name: 'contract', include: ['test/contract/**/*.test.ts'] } },
      { test: { ...shared, name: 'wire', include: ['test/wire/**/*.test.ts'] } },
      ...(process.env.SOAK_MINUTES === undefined ? [] : [soak]),
      {
        test: {
          ...shared,
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          globalSetup: 'test/browser/build.ts',
          fileParallelism: false,
        },
      },
    ],
  },
})
