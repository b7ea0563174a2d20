// What a dialect's fixture gives the tests that walk every dialect: its codes as its own specification lists them,
// written down a second time, and how an error is spelled. A new dialect adds one file `<name>.fixture.ts`.

import { readdirSync } from 'node:fs'
import type { DialectName } from '../../../src/dialects/dialect.ts'

export interface FixtureRow {
  readonly code: string
  readonly http: number
  /** `2001`, `2000/404` with an HTTP status towards the requester, or the code of a fault. */
  readonly becomes: string
  readonly recovery: string
  readonly slug?: string
  readonly category?: string
  readonly advice?: string
  /** Of every `token_rejected`: what its alarm names. */
  readonly likelyCause?: RegExp
}

export interface FixtureError {
  readonly code: unknown
  readonly slug?: unknown
  readonly message?: unknown
  readonly details?: unknown
}

export interface DialectFixture {
  readonly name: Exclude<DialectName, 'ocpi'>
  readonly rows: readonly FixtureRow[]
  /** The JSON value of an error answer. */
  readonly spell: (error: FixtureError) => unknown
  /** Whether the format has details. */
  readonly hasDetails: boolean
  /** Errors in the right shape whose code the table lacks. */
  readonly strangers: readonly FixtureError[]
  /** Values that are not of this dialect's shape. */
  readonly foreign: readonly unknown[]
}

const ENDING = '.fixture.ts'

export const FIXTURES: readonly DialectFixture[] = await Promise.all(
  readdirSync(import.meta.dirname)
    .filter((file) => file.endsWith(ENDING))
    .toSorted()
    .map(async (file) => {
      const { fixture } = (await import(`./${file.slice(0, -ENDING.length)}.fixture.ts`)) as {
        fixture: DialectFixture
      }
      return fixture
    }),
)

/** Values that are of no dialect's shape. */
export const FOREIGN_TO_ALL: readonly unknown[] = [
  null,
  true,
  42,
  'ORDER_NOT_FOUND',
  [],
  {},
  [{ error: 'ORDER_NOT_FOUND' }],
  [[[]]],
  { error: null },
  { error: 7 },
  { error: [] },
  { error: {} },
  { error: '' },
  { error: 'Not Found' },
  { error: 'Not Found', message: 'Route GET:/x not found', statusCode: 404 },
  { error: { code: 7, message: 'm' } },
  { error: { code: null } },
  { error: { code: '' } },
  { error: { code: ['INVALID_PROOF'] } },
  { error: { code: 'INVALID PROOF\r\nX: y' } },
  { error: [{ code: 'INVALID_PROOF', message: 'm' }] },
  { error: 'x'.repeat(100_000) },
  { error: { code: 'X'.repeat(100_000) } },
  { errors: [{ code: 'INVALID_PROOF' }] },
  { code: 'validation_error', message: 'm' },
  { error: 'invalid_request', code: 400 },
  { error: ['invalid_request'], code: 'validation_error' },
  { message: 'ORDER_NOT_FOUND' },
  { status_code: 2001, timestamp: 'now' },
  { data: { error: 'ORDER_NOT_FOUND', message: 'm' } },
]
