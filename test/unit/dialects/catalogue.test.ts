// The catalogue says of every code what it means, who must act and what to do, and finds it by any of its names.

import { describe, expect, it } from 'vitest'
import { CATALOGUE, findCodes, suggestCodes } from '../../../src/dialects/catalogue.ts'
import { OCPI_CODES } from '../../../src/dialects/ocpi.ts'
import { FAULT_CODES, RECOVERIES } from '../../../src/faults/table.ts'
import type { VersionNumber } from '../../../src/ocpi/version.ts'
import { FIXTURES } from './fixture.ts'

function systems(text: string): string[] {
  return findCodes(text).map(({ system, code }) => `${system}/${code}`)
}

describe('the catalogue', () => {
  it('says of every code what it means, whose side must act and what to do', () => {
    for (const entry of CATALOGUE) {
      expect(entry.code).toMatch(/^[A-Za-z0-9_]+$/)
      expect(entry.meaning, entry.code).toMatch(/^\S.*[^.\s]$/)
      expect(entry.advice, entry.code).toMatch(/\S{3}/)
      expect(['requester', 'responder', 'hub', 'none']).toContain(entry.at)
      expect(entry.recovery === undefined).toBe(entry.at === 'none')
      if (entry.recovery) expect(Object.keys(RECOVERIES)).toContain(entry.recovery)
    }
  })

  it('has no code of one system twice', () => {
    const names = CATALOGUE.map(({ system, code, slug = '' }) => `${system}/${slug}/${code}`)
    expect(new Set(names).size).toBe(names.length)
  })

  it('has all 57 codes a responder can report: 16, 15 and 17 of the dialects, 9 of OCPI', () => {
    const counts = Object.fromEntries(FIXTURES.map(({ name, rows }) => [name, rows.length]))
    expect(counts).toEqual({ opencharge: 16, proof: 15, ivxp: 17 })
    const reported = CATALOGUE.filter(
      ({ system, code }) => system in counts || (system === 'ocpi' && /^[23]\d{3}$/.test(code)),
    )
    expect(reported).toHaveLength(57)
    expect(CATALOGUE.filter(({ system }) => system === 'hub')).toHaveLength(FAULT_CODES.length)
  })

  it('knows which version lists which status code (R104)', () => {
    const listed = (version: VersionNumber) =>
      OCPI_CODES.filter(({ versions }) => versions.includes(version)).map(({ code }) => code)
    const v20 = ['1000', '2000', '2001', '3000', '3001', '3002', '3003']
    const v211 = [...v20, '2002', '2003'].toSorted()
    const v22 = [...v211, '2004', '4001', '4002', '4003', '19xx', '29xx', '39xx', '49xx'].toSorted()
    expect(listed('2.0').toSorted()).toEqual(v20)
    expect(listed('2.1.1').toSorted()).toEqual(v211)
    expect(listed('2.2').toSorted()).toEqual(v22)
    expect(listed('2.2.1').toSorted()).toEqual([...v22, '4000'].toSorted())
    expect(listed('2.3.0')).toEqual(listed('2.2.1'))
  })

  it('says what a requester reads for a code of a dialect', () => {
    expect(findCodes('ORDER_NOT_FOUND')[0]?.becomes).toBe('2000 with HTTP 404')
    expect(findCodes('RATE_LIMITED').map(({ becomes }) => becomes)).toContain('4000 responder_busy')
    expect(findCodes('INVALID_NETWORK')[0]?.becomes).toBe('2001')
    expect(findCodes('dns_error')[0]?.becomes).toBe('4003')
  })
})

describe('findCodes', () => {
  it('finds every entry by its own name in any case', () => {
    for (const entry of CATALOGUE) {
      for (const text of [entry.code, entry.code.toUpperCase(), ` ${entry.code.toLowerCase()} `]) {
        expect(findCodes(text)).toContain(entry)
      }
      expect(findCodes(`${entry.system}/${entry.code}`)).toContain(entry)
    }
  })

  it('gives every system that has the code', () => {
    expect(systems('amount_mismatch')).toEqual(['opencharge/AMOUNT_MISMATCH', 'ivxp/AMOUNT_MISMATCH'])
    expect(systems('connection_refused')).toEqual(['hub/connection_refused', 'opencharge/CONNECTION_REFUSED'])
    expect(systems('IVXP/amount_mismatch')).toEqual(['ivxp/AMOUNT_MISMATCH'])
  })

  it('finds a code of Proof alone, by its slug, and by both', () => {
    expect(systems('provider_error')).toEqual(['proof/provider_error'])
    expect(systems('upstream_error/provider_error')).toEqual(['proof/provider_error'])
    expect(systems('proof/upstream_error/provider_error')).toEqual(['proof/provider_error'])
    expect(systems('internal_error/DB_error')).toEqual(['proof/db_error'])
    expect(systems('upstream_unavailable')).toHaveLength(2)
    expect(systems('internal_error')).toEqual(['proof/db_error', 'proof/token_error', 'ivxp/INTERNAL_ERROR'])
  })

  it('finds the range of a custom code', () => {
    expect(systems('49xx')).toEqual(['ocpi/49xx'])
    expect(systems('49XX')).toEqual(['ocpi/49xx'])
    expect(systems('2901')).toEqual(['ocpi/29xx'])
    expect(systems('5901')).toEqual([])
  })

  it('finds nothing for anything else', () => {
    for (const text of ['', ' ', '2', '9999', '__proto__', 'constructor', '/', 'ocpi/', 'xx', '2xxx', '.*']) {
      expect(systems(text), text).toEqual([])
    }
  })
})

describe('suggestCodes', () => {
  it('gives the codes spelled nearly alike, nearest first', () => {
    expect(suggestCodes('dns_eror')[0]).toBe('dns_error')
    expect(suggestCodes('order_expierd')[0]).toBe('ORDER_EXPIRED')
    expect(suggestCodes('2005').length).toBeGreaterThan(0)
  })

  it('gives at most three, and none for what is like nothing or too long to be a code', () => {
    for (const { code } of CATALOGUE) expect(suggestCodes(`${code}x`).length).toBeLessThanOrEqual(3)
    expect(suggestCodes('zzzzzzzzzz')).toEqual([])
    expect(suggestCodes('')).toEqual([])
    expect(suggestCodes('x'.repeat(1_000_000))).toEqual([])
  })
})
