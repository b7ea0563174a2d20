// The generated files are those that would be generated now.

import { expect, test } from 'vitest'
import { CATALOGUE } from '../../../src/dialects/catalogue.ts'
import { FAULT_CODES } from '../../../src/faults/table.ts'
import { findStale } from '../../../src/cli/docs.ts'
import { errorsPage } from '../../../src/cli/errors-page.ts'

test('no generated file is stale (npm run docs writes them)', async () => {
  expect(await findStale()).toEqual([])
})

test('a file that is missing or different is stale', async () => {
  const files = [
    { path: 'no-such-file.md', render: () => '' },
    { path: 'package.json', render: () => Promise.resolve('{}') },
  ]
  expect(await findStale(files)).toEqual(['no-such-file.md', 'package.json'])
})

test('ERRORS.md has a section for every fault and a line for every other code', () => {
  const page = errorsPage()
  for (const code of FAULT_CODES) expect(page).toContain(`\n### ${code}\n`)
  for (const { system, code } of CATALOGUE) if (system !== 'hub') expect(page).toContain(code)
})
