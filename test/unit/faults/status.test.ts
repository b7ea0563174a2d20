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

  it('gives 2000 for an unknown location or token where the version has no code for it (R104)', () => {
    const told = (version: VersionNumber) => [2003, 2004].map((ocpi) => statusCode({ ocpi }, version))
    expect(versions.map((version) => [version, ...told(version)])).toEqual([
      ['2.0', 2000, 2000],
      ['2.1.1', 2003, 2000],
      ['2.2', 2003, 2004],
      ['2.2.1', 2003, 2004],
      ['2.3.0', 2003, 2004],
    ])
  })

  it('gives no version a code it does not list, and changes none that it does (R104)', () => {
    for (const version of versions) {
      for (const code of FAULT_CODES) {
        const told = statusCode(FAULTS[code], version)
        expect(knowsStatusCode(version, told)).toBe(true)
        if (knowsStatusCode(version, FAULTS[code].ocpi)) expect(told).toBe(FAULTS[code].ocpi)
      }
    }
  })
})
