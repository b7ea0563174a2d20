// Which OCPI status code a fault has for requesters of older versions.

import { describe, expect, it } from 'vitest'
import { statusCode } from '../../../src/faults/status.ts'
import { FAULT_CODES, FAULTS } from '../../../src/faults/table.ts'
import { knowsStatusCode, VERSIONS, type VersionNumber } from '../../../src/ocpi/version.ts'

const versions = Object.keys(VERSIONS) as VersionNumber[]

describe('statusCode', () => {
  it('gives 2.2.1 and 2.3.0 the code of the row', () => {
    for (const code of FAULT_CODES) {
      expect(statusCode(FAULTS[code], '2.2.1')).toBe(FAULTS[code].ocpi)
      expect(statusCode(FAULTS[code], '2.3.0')).toBe(FAULTS[code].ocpi)
    }
  })

  it('gives 2.2 the code 4003 for 4000, which it lacks (T26)', () => {
    expect([4000, 4001, 4002, 4003].map((ocpi) => statusCode({ ocpi }, '2.2'))).toEqual([
      4003, 4001, 4002, 4003,
    ])
  })

  it('gives 2.1.1 and older 3000 for every hub code (T26)', () => {
    for (const version of ['2.0', '2.1.1'] as const) {
      expect([4000, 4001, 4002, 4003].map((ocpi) => statusCode({ ocpi }, version))).toEqual([
        3000, 3000, 3000, 3000,
      ])
    }
  })

  it('leaves 2xxx and 3xxx of every row as they are', () => {
    for (const version of versions) {
      for (const code of FAULT_CODES.filter((each) => FAULTS[each].ocpi < 4000)) {
        expect(statusCode(FAULTS[code], version)).toBe(FAULTS[code].ocpi)
      }
    }
  })

  it('gives no version a hub code it does not list (R104)', () => {
    for (const version of versions) {
      for (const code of FAULT_CODES.filter((each) => FAULTS[each].ocpi >= 4000)) {
        expect(knowsStatusCode(version, statusCode(FAULTS[code], version))).toBe(true)
      }
    }
  })
})
