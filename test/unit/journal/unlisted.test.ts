// Codes that the version of the requester does not list are marked, whoever else knows them (R103, R104).

import { expect, it } from 'vitest'
import { isUnlisted, toEntry } from '../../../src/journal/entry.ts'
import { VERSIONS, type VersionNumber } from '../../../src/ocpi/version.ts'
import { exchange } from './examples.ts'

const codes = [1000, 1901, 2000, 2001, 2002, 2003, 2004, 2901, 3000, 3003, 3004, 4000, 4001, 4003, 4901]
const marked = (version: VersionNumber) => codes.filter((code) => isUnlisted(exchange({ version, code })))

it('marks what each version does not list', () => {
  const hubCodes = [4000, 4001, 4003, 4901]
  expect(Object.fromEntries((Object.keys(VERSIONS) as VersionNumber[]).map((v) => [v, marked(v)]))).toEqual({
    '2.0': [1901, 2002, 2003, 2004, 2901, 3004, ...hubCodes],
    '2.1.1': [1901, 2004, 2901, 3004, ...hubCodes],
    '2.2': [3004, 4000],
    '2.2.1': [3004],
    '2.3.0': [3004],
  })
})

it("marks the responder's codes only, and nothing where version or code are not known", () => {
  expect(isUnlisted(exchange({ version: '2.1.1', code: 2004, author: 'hub' }))).toBe(false)
  expect(isUnlisted(exchange({ code: 2004 }))).toBe(false)
  const { code: _, ...unanswered } = exchange({ version: '2.1.1' })
  expect(isUnlisted(unanswered)).toBe(false)
})

it('shows the mark in the entry', () => {
  expect(toEntry(exchange({ version: '2.1.1', code: 2004 }), 'r', 1)).toMatchObject({ code_unlisted: true })
  expect(toEntry(exchange({ version: '2.2.1', code: 2004 }), 'r', 1)).not.toHaveProperty('code_unlisted')
})
