// The files that the dashboard is built into.

import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'

it('come with the licences of the libraries that are in them', async () => {
  const text = await readFile('dist/admin/dashboard/licenses.md', 'utf8')
  const named = [...text.matchAll(/^## (\S+) - /gm)].map(([, name]) => name)
  expect(named).toEqual(expect.arrayContaining(['preact', 'uplot']))
  expect(text).toMatch(/Copyright \(c\) .*Jason Miller/)
})
