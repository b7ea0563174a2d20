// What a sandbox party owns: locations and tariffs, and the sessions, CDRs and tokens around them. Made once at
// start, the same at every start. The few members that OCPI 2.3.0 changed are told apart here.

import { partyKey, type PartyId } from '../ocpi/party.ts'
import type { VersionNumber } from '../ocpi/version.ts'
import {
  cycle,
  instantOf,
  makeLocations,
  numbered,
  TARIFF_IDS,
  type Location,
  type OcpiObject,
} from './locations.ts'
import type { SandboxParty } from './party.ts'

export interface Holdings {
  readonly locations: readonly Location[]
  readonly tariffs: readonly OcpiObject[]
  readonly sessions: readonly OcpiObject[]
  readonly cdrs: readonly OcpiObject[]
  readonly tokens: readonly OcpiObject[]
}

const SESSION_COUNT = 60
const CDR_COUNT = 60
const TOKEN_COUNT = 40
const VAT = 0.2
const KWH_PRICE = 0.45

/** Everything a party of these roles owns; sessions and CDRs are those of the eMSP of its own version. */
export function makeHoldings(party: SandboxParty): Holdings {
  const locations = makeLocations(party, party.locationCount)
  const [first, ...others] = locations
  const customer: PartyId = { countryCode: party.version === '2.3.0' ? 'FR' : 'NL', partyId: 'EMS' }
  const charges = (count: number) =>
    first
      ? Array.from({ length: count }, (_, index) =>
          toCharge(party, customer, cycle([first, ...others], index), index),
        )
      : []
  return {
    locations,
    tariffs: first ? TARIFF_IDS.map((id, index) => makeTariff(party, id, index)) : [],
    sessions: charges(SESSION_COUNT).map(makeSession),
    cdrs: charges(CDR_COUNT).map(makeCdr),
    tokens: party.roles.includes('EMSP')
      ? Array.from({ length: TOKEN_COUNT }, (_, index) => makeToken(party, index))
      : [],
  }
}

/** One driver charging at one place: a session and a CDR are made of it. */
interface Charge {
  readonly owner: PartyId & { readonly version: VersionNumber }
  readonly customer: PartyId
  readonly location: Location
  readonly index: number
  readonly kwh: number
}

function toCharge(owner: Charge['owner'], customer: PartyId, location: Location, index: number): Charge {
  return { owner, customer, location, index, kwh: 5 + (index % 40) }
}

function makeTariff(owner: Charge['owner'], id: string, index: number): OcpiObject {
  return {
    country_code: owner.countryCode,
    party_id: owner.partyId,
    id,
    currency: 'EUR',
    type: 'REGULAR',
    elements: [
      { price_components: [{ type: 'ENERGY', price: 0.45 + index / 10, vat: VAT * 100, step_size: 1 }] },
    ],
    ...(owner.version === '2.3.0' && { tax_included: 'NO' }),
    last_updated: instantOf(index),
  }
}

function makeSession(charge: Charge): OcpiObject {
  const { index, location } = charge
  const active = index % 4 === 3
  return {
    ...headOf(charge, numbered('SES', index)),
    ...(!active && { end_date_time: instantOf(index + 1) }),
    kwh: charge.kwh,
    cdr_token: cdrTokenOf(charge),
    auth_method: 'WHITELIST',
    location_id: location.id,
    evse_uid: location.evses[0]?.uid,
    connector_id: location.evses[0]?.connectors[0]?.id,
    currency: 'EUR',
    total_cost: priceOf(charge.owner.version, charge.kwh * KWH_PRICE),
    status: active ? 'ACTIVE' : 'COMPLETED',
    last_updated: instantOf(index + 1),
  }
}

function makeCdr(charge: Charge): OcpiObject {
  const { index, location, kwh } = charge
  const evse = location.evses[0]
  const connector = evse?.connectors[0]
  return {
    ...headOf(charge, numbered('CDR', index)),
    end_date_time: instantOf(index + 1),
    session_id: numbered('SES', index),
    cdr_token: cdrTokenOf(charge),
    auth_method: 'WHITELIST',
    cdr_location: {
      id: location.id,
      address: location.address,
      city: location.city,
      country: location.country,
      coordinates: location.coordinates,
      evse_uid: evse?.uid,
      evse_id: evse?.evse_id,
      connector_id: connector?.id,
      connector_standard: connector?.standard,
      connector_format: connector?.format,
      connector_power_type: connector?.power_type,
    },
    currency: 'EUR',
    charging_periods: [{ start_date_time: instantOf(index), dimensions: [{ type: 'ENERGY', volume: kwh }] }],
    total_cost: priceOf(charge.owner.version, kwh * KWH_PRICE),
    total_energy: kwh,
    total_time: 1,
    last_updated: instantOf(index + 1),
  }
}

function makeToken(owner: PartyId, index: number): OcpiObject {
  return {
    country_code: owner.countryCode,
    party_id: owner.partyId,
    uid: numbered('TOK', index),
    type: 'RFID',
    contract_id: contractOf(owner, index),
    visual_number: numbered('', index),
    issuer: `Sandbox ${partyKey(owner)}`,
    // Every tenth card is blocked, so that both answers of authorize can be had.
    valid: index % 10 !== 9,
    whitelist: 'ALLOWED',
    language: 'en',
    last_updated: instantOf(index),
  }
}

function headOf({ owner, index }: Charge, id: string) {
  return {
    country_code: owner.countryCode,
    party_id: owner.partyId,
    id,
    start_date_time: instantOf(index),
  }
}

function cdrTokenOf({ customer, index }: Charge) {
  const number = index % TOKEN_COUNT
  return {
    country_code: customer.countryCode,
    party_id: customer.partyId,
    uid: numbered('TOK', number),
    type: 'RFID',
    contract_id: contractOf(customer, number),
  }
}

function contractOf(owner: PartyId, index: number): string {
  return `${partyKey(owner)}-C${String(index + 1).padStart(8, '0')}`
}

// OCPI 2.3.0 §Price: taxes are listed one by one; before it there was VAT only.
function priceOf(version: VersionNumber, amount: number) {
  const net = toCents(amount)
  return version === '2.3.0'
    ? { before_taxes: net, taxes: [{ name: 'VAT', percentage: VAT * 100, amount: toCents(amount * VAT) }] }
    : { excl_vat: net, incl_vat: toCents(amount * (1 + VAT)) }
}

function toCents(amount: number): number {
  return Math.round(amount * 100) / 100
}
