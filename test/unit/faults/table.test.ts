// Invariants of the fault table: what may stand together in one row, and what a requester can rely on.

import { describe, expect, it } from 'vitest'
import { FAULT_CODES, FAULTS, isFaultCode, RECOVERIES, type FaultRow } from '../../../src/faults/table.ts'

const rows: readonly (readonly [string, FaultRow])[] = FAULT_CODES.map((code) => [code, FAULTS[code]])

function where(test: (row: FaultRow) => boolean): string[] {
  return rows.filter(([, row]) => test(row)).map(([code]) => code)
}

describe('every row of the fault table', () => {
  it('tells a requester to check when nobody knows whether the request arrived', () => {
    expect(where((row) => row.reached === 'maybe' && row.recovery !== 'check')).toEqual([])
  })

  it('never sends a requester to check what was certainly not sent', () => {
    expect(where((row) => row.recovery === 'check' && row.reached === 'no')).toEqual([])
  })

  it('says authenticate with HTTP 401 and nowhere else', () => {
    expect(where((row) => (row.http === 401) !== (row.recovery === 'authenticate'))).toEqual([])
  })

  it('has HTTP 200, or 503 of a hub that is not ready, for a hub code (T1)', () => {
    expect(where((row) => row.ocpi >= 4000 && row.http !== 200 && row.http !== 503)).toEqual([])
  })

  it('has 4001 only where routing failed (R46)', () => {
    expect(where((row) => row.ocpi === 4001 && row.layer !== 'routing')).toEqual([])
  })

  it('has 4002 only where the request may have arrived (T20)', () => {
    expect(where((row) => row.ocpi === 4002 && row.reached !== 'maybe')).toEqual([])
  })

  it('uses the status codes of OCPI only (R104)', () => {
    const codes = [2000, 2001, 2003, 2004, 3001, 3002, 3003, 4000, 4001, 4002, 4003]
    expect(where((row) => !codes.includes(row.ocpi))).toEqual([])
  })

  it('blames the side that is told to act', () => {
    expect(where((row) => row.recovery === 'ask_responder' && row.at !== 'responder')).toEqual([])
    expect(where((row) => row.recovery === 'authenticate' && row.at !== 'requester')).toEqual([])
    expect(where((row) => row.recovery === 'correct' && row.at !== 'requester')).toEqual([])
  })

  it('says "nothing was done" only when the request was not processed', () => {
    expect(where((row) => row.recovery === 'wait' && row.reached === 'maybe')).toEqual([])
  })

  it('can be read by people: one clause, one sentence, a recovery with a meaning', () => {
    for (const [code, row] of rows) {
      expect(code).toMatch(/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/)
      expect(row.when, code).toMatch(/^[a-z0-9].*[^.\s]$/)
      expect(row.advice, code).toMatch(/^[A-Z].*\.$/)
      expect(RECOVERIES[row.recovery]).toMatch(/\S/)
    }
  })
})

describe('the table as a whole', () => {
  it('puts a declined connection behind a refused token: at the responder, not to be repeated', () => {
    expect(FAULTS.connection_declined).toMatchObject({
      layer: 'http',
      at: 'responder',
      reached: 'yes',
      http: 200,
      ocpi: 4003,
      recovery: 'ask_responder',
    })
    expect(FAULT_CODES.indexOf('connection_declined')).toBeGreaterThan(FAULT_CODES.indexOf('token_rejected'))
  })

  it('knows its rows by their own names only', () => {
    expect(FAULT_CODES.every(isFaultCode)).toBe(true)
    for (const text of ['', 'constructor', '__proto__', 'toString', 'DNS_ERROR']) {
      expect(isFaultCode(text)).toBe(false)
    }
  })
})
