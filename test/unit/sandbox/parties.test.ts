// The cast of the sandbox: what must hold of every row, and that what the rows promise is in the fault table.

import { describe, expect, it } from 'vitest'
import { FAULTS } from '../../../src/faults/table.ts'
import { moduleRow } from '../../../src/ocpi/module.ts'
import { isPartyId, partyKey } from '../../../src/ocpi/party.ts'
import { makeHoldings } from '../../../src/sandbox/holdings.ts'
import { SANDBOX_PARTIES } from '../../../src/sandbox/parties.ts'
import { exampleText } from '../../../src/sandbox/party.ts'
import { toOrigin, toPlatform } from '../../../src/sandbox/platform.ts'

const KEYS = SANDBOX_PARTIES.map(partyKey)

describe('the table of sandbox parties', () => {
  it('keeps its order, because ports follow from it', () => {
    expect(KEYS.join(' ')).toBe(
      'NL-EMS DE-CPO DE-MUL DE-SLO DE-OFF DE-HTM DE-OUT DE-SUS DE-CUT DE-GAR DE-401 DE-BIG DE-STA ' +
        'NL-PAY NL-PRF NL-IVX FR-CPO FR-EMS',
    )
  })

  it('has ids as OCPI has them, each once', () => {
    expect(SANDBOX_PARTIES.every(isPartyId)).toBe(true)
    expect(new Set(KEYS).size).toBe(KEYS.length)
  })

  it('names only callers that are in it, and faults with their own status code', () => {
    for (const party of SANDBOX_PARTIES) {
      const { caller, statusCode, fault } = party.example
      expect(KEYS).toContain(caller)
      const answers = fault === undefined ? statusCode : FAULTS[fault].ocpi
      expect([exampleText(party), answers]).toEqual([exampleText(party), statusCode])
    }
  })

  it('shows each party with an endpoint it has', () => {
    for (const party of SANDBOX_PARTIES) {
      const [, side, module] = /^GET (sender|receiver)\/([a-z]+)/.exec(party.example.request)!
      expect(party.endpoints).toContainEqual([module, side!.toUpperCase()])
    }
  })

  it('gives failing parties no module whose GET ALL would wait for them', () => {
    const silent = SANDBOX_PARTIES.find(({ behaviour }) => behaviour === 'silent')!
    expect(silent.endpoints.map(([module]) => module)).not.toContain('tariffs')
  })
})

describe('the platform of a party', () => {
  it('has an endpoint of its own for each module and interface (R18)', () => {
    for (const party of SANDBOX_PARTIES) {
      const { endpoints } = toPlatform(party, 'http://127.0.0.1:9100')
      expect(new Set(endpoints.map(({ url }) => url)).size).toBe(endpoints.length)
    }
  })

  it('is at an address that may be IPv6', () => {
    expect(toOrigin({ host: '::1', port: 9100 })).toBe('http://[::1]:9100')
  })
})

describe('what a party owns', () => {
  const holdings = new Map(SANDBOX_PARTIES.map((party) => [partyKey(party), makeHoldings(party)]))

  it('is the same at every start', () => {
    for (const party of SANDBOX_PARTIES) expect(makeHoldings(party)).toEqual(holdings.get(partyKey(party)))
  })

  it('is oldest first, and owned by the party itself (R71)', () => {
    for (const [key, owned] of holdings) {
      for (const list of Object.values(owned)) {
        const dates = list.map(({ last_updated: date }: { last_updated: string }) => date)
        expect(dates).toEqual(dates.toSorted())
        expect(list.every((object: object) => owner(object) === key)).toBe(true)
      }
    }
  })

  it('hangs together: sessions and CDRs name locations, EVSEs, tariffs and tokens that exist', () => {
    const { locations, tariffs, sessions, cdrs } = holdings.get('DE-CPO')!
    const tokens = new Set(
      holdings.get('NL-EMS')!.tokens.map(({ uid, contract_id: id }) => [uid, id].join(' ')),
    )
    const evses = new Set(locations.flatMap(({ id, evses: own }) => own.map(({ uid }) => `${id} ${uid}`)))
    const known = new Set(tariffs.map(({ id }) => id))
    for (const session of sessions) {
      expect(evses).toContain([session.location_id, session.evse_uid].join(' '))
      expect(tokens).toContain(tokenOf(session))
    }
    for (const cdr of cdrs) expect(tokens).toContain(tokenOf(cdr))
    for (const { evses: own } of locations) {
      const named = own.flatMap(({ connectors }) => connectors.flatMap((each) => each.tariff_ids as string[]))
      expect(named.every((id) => known.has(id))).toBe(true)
    }
  })

  it('is what the modules of OCPI are for', () => {
    const modules = new Set(SANDBOX_PARTIES.flatMap(({ endpoints }) => endpoints.map(([module]) => module)))
    modules.delete('hubclientinfo')
    expect([...modules].every((module) => moduleRow(module).kind === 'functional')).toBe(true)
  })
})

function owner(object: object): string {
  const { country_code: countryCode, party_id: partyId } = object as Record<string, string>
  return partyKey({ countryCode: countryCode!, partyId: partyId! })
}

function tokenOf(object: Readonly<Record<string, unknown>>): string {
  const { uid, contract_id: id } = object.cdr_token as Record<string, string>
  return `${uid} ${id}`
}
