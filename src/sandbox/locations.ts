// Made-up locations and tariffs, the same at every start: what an object looks like follows from its number.

import type { PartyId } from '../ocpi/party.ts'

/** An OCPI object of a list: filtered by `last_updated`, found by `id` (tokens: `uid`). */
export interface OcpiObject {
  readonly last_updated: string
  readonly [member: string]: unknown
}

export interface Connector extends OcpiObject {
  readonly id: string
  readonly standard: string
  readonly format: string
  readonly power_type: string
}

export interface Evse extends OcpiObject {
  readonly uid: string
  readonly evse_id: string
  readonly connectors: readonly Connector[]
}

export interface Location extends OcpiObject {
  readonly id: string
  readonly address: string
  readonly city: string
  readonly country: string
  readonly coordinates: { readonly latitude: string; readonly longitude: string }
  readonly evses: readonly Evse[]
}

export const TARIFF_IDS = ['AC-STANDARD', 'DC-STANDARD', 'DC-NIGHT'] as const

const FIRST_INSTANT = Date.UTC(2025, 0, 1)
const HOUR_MS = 3_600_000

/** The instant of object number `index`: one hour after the one before, so that date filters can be tried. */
export function instantOf(index: number): string {
  return new Date(FIRST_INSTANT + index * HOUR_MS).toISOString()
}

/** `LOC0001`, `SES0001` … */
export function numbered(prefix: string, index: number): string {
  return `${prefix}${String(index + 1).padStart(4, '0')}`
}

/** `list[index]`, from the start again past its end. */
export function cycle<Item>(list: readonly [Item, ...Item[]], index: number): Item {
  return list[index % list.length] ?? list[0]
}

interface City {
  readonly name: string
  readonly postalCode: string
  readonly latitude: number
  readonly longitude: number
}

interface Country {
  readonly alpha3: string
  readonly timeZone: string
  readonly street: string
  readonly cities: readonly [City, ...City[]]
}

const GERMANY: Country = {
  alpha3: 'DEU',
  timeZone: 'Europe/Berlin',
  street: 'Ladestraße',
  cities: [
    { name: 'Berlin', postalCode: '10115', latitude: 52.52, longitude: 13.405 },
    { name: 'Hamburg', postalCode: '20095', latitude: 53.551, longitude: 9.994 },
    { name: 'München', postalCode: '80331', latitude: 48.137, longitude: 11.575 },
    { name: 'Köln', postalCode: '50667', latitude: 50.938, longitude: 6.96 },
  ],
}

const FRANCE: Country = {
  alpha3: 'FRA',
  timeZone: 'Europe/Paris',
  street: 'Rue de la Recharge',
  cities: [
    { name: 'Paris', postalCode: '75001', latitude: 48.857, longitude: 2.352 },
    { name: 'Lyon', postalCode: '69001', latitude: 45.764, longitude: 4.836 },
  ],
}

const STATUSES = ['AVAILABLE', 'CHARGING', 'AVAILABLE', 'OUTOFORDER', 'AVAILABLE'] as const

// max_voltage of AC_3_PHASE is line to neutral (OCPI 2.2.1 §Connector).
const AC = {
  standard: 'IEC_62196_T2',
  format: 'SOCKET',
  power_type: 'AC_3_PHASE',
  max_voltage: 230,
  max_amperage: 32,
  max_electric_power: 22_000,
  tariff_ids: ['AC-STANDARD'],
}
const DC = {
  standard: 'IEC_62196_T2_COMBO',
  format: 'CABLE',
  power_type: 'DC',
  max_voltage: 920,
  max_amperage: 500,
  max_electric_power: 150_000,
  tariff_ids: ['DC-STANDARD', 'DC-NIGHT'],
}

/** The first `count` locations of a party, oldest first. */
export function makeLocations(owner: PartyId, count: number): Location[] {
  return Array.from({ length: count }, (_, index) => makeLocation(owner, index))
}

function makeLocation(owner: PartyId, index: number): Location {
  const country = owner.countryCode === 'FR' ? FRANCE : GERMANY
  const city = cycle(country.cities, index)
  return {
    country_code: owner.countryCode,
    party_id: owner.partyId,
    id: numbered('LOC', index),
    publish: true,
    name: `${city.name} ${index + 1}`,
    address: `${country.street} ${index + 1}`,
    city: city.name,
    postal_code: city.postalCode,
    country: country.alpha3,
    coordinates: {
      latitude: (city.latitude + (index % 20) / 1000).toFixed(6),
      longitude: (city.longitude + (index % 30) / 1000).toFixed(6),
    },
    parking_type: index % 2 === 0 ? 'PARKING_LOT' : 'ON_STREET',
    evses: Array.from({ length: 1 + (index % 3) }, (_, place) => makeEvse(owner, index, place)),
    operator: { name: `Sandbox ${owner.countryCode}-${owner.partyId}` },
    time_zone: country.timeZone,
    charging_when_closed: true,
    last_updated: instantOf(index),
  }
}

function makeEvse(owner: PartyId, index: number, place: number): Evse {
  const kind = place === 2 ? DC : AC
  const number = String(index + 1).padStart(4, '0')
  return {
    uid: `${numbered('LOC', index)}-${place + 1}`,
    evse_id: `${owner.countryCode}*${owner.partyId}*E${number}*${place + 1}`,
    status: cycle(STATUSES, index + place),
    capabilities: ['RFID_READER', 'REMOTE_START_STOP_CAPABLE', 'RESERVABLE', 'CHARGING_PROFILE_CAPABLE'],
    connectors: [{ id: '1', ...kind, last_updated: instantOf(index) }],
    physical_reference: String(place + 1),
    last_updated: instantOf(index),
  }
}
