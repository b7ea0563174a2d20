// What stored platforms are made of. A hub drops at its next write what it does not know of a platform, also where a
// newer one beside it has put it; it stops writing only when the schema is a newer one. So what is new is a step of it.

import { expect, it } from 'vitest'
import { createRegistry } from '../../../src/registry/create-registry.ts'
import { createMemoryStore } from '../../../src/registry/memory.ts'
import type { Platform } from '../../../src/registry/platform.ts'
import { schemaOf, UPGRADE_STEPS } from '../../../src/registry/schema.ts'
import { kept, platform, SECRET } from '../../support/platforms.ts'

/** By the number of the schema. Nothing is changed here, only added: see the words of the test. */
const MEMBERS: Readonly<Record<number, Readonly<Record<string, string>>>> = {
  2: {
    platform:
      'behind endpoints errors fileStatus id inbound lastUpdated outbound roles source status toldParties version versionsUrl',
    inbound: 'hash key purpose validUntil',
    outbound: 'form sealed',
    endpoints: 'module role url',
    roles: 'businessDetails countryCode created lastUpdated movingTo name partyId role withdrawn',
    behind: 'businessDetails countryCode created lastUpdated movingTo name partyId reported role withdrawn',
  },
}

/** With nothing left out: what a platform gets in addition has to be added below. */
type Whole<Value> = Value extends readonly (infer Item)[]
  ? readonly Whole<Item>[]
  : Value extends object
    ? { readonly [Member in keyof Value]-?: Whole<Value[Member]> }
    : Value

const DATE = '2026-01-02T03:04:05.000Z'
const PARTY = {
  countryCode: 'NL',
  partyId: 'CPO',
  role: 'CPO',
  name: 'Acme',
  businessDetails: { name: 'Acme' },
  withdrawn: true,
  lastUpdated: DATE,
  created: DATE,
  movingTo: 'other',
} as const

const WHOLE: Whole<Platform> = {
  id: 'acme',
  source: 'registered',
  revision: 0,
  status: 'CONNECTED',
  version: '2.2.1',
  versionsUrl: 'https://acme.example/ocpi/versions',
  inbound: [{ hash: 'hash', key: 'key', purpose: 'credentials', validUntil: 1_800_000_000_000 }],
  outbound: { token: 'outbound', form: 'base64' },
  endpoints: [{ module: 'locations', role: 'SENDER', url: 'https://acme.example/locations' }],
  roles: [PARTY],
  behind: [{ ...PARTY, partyId: 'EMS', reported: 'OFFLINE' }],
  toldParties: 'digest',
  errors: 'ocpi',
  lastUpdated: DATE,
}

it('of stored platforms are those of this schema, and are read as they were written', async () => {
  const inFile = platform('static', { source: 'file' })
  const bodies = new Map<string, string>()
  const options = { secretKeys: [SECRET], filePlatforms: [inFile] }
  const store = createMemoryStore(new Map(), bodies)
  const registry = await createRegistry(store, options)
  const acme = kept(await registry.put(WHOLE))
  kept(await registry.put({ ...inFile, status: 'OFFLINE' }))
  const again = await createRegistry(store, options)
  expect(again.table().connections.get('acme')?.platform).toEqual(acme)

  const found = new Map<string, Set<string>>()
  for (const body of bodies.values()) note(JSON.parse(body), 'platform', found)
  expect(
    Object.fromEntries([...found].map(([of, names]) => [of, [...names].sort().join(' ')])),
    'what is new in a stored platform is a step of UPGRADE_STEPS, if only one that changes nothing, and stands in MEMBERS under its number',
  ).toEqual(MEMBERS[schemaOf(UPGRADE_STEPS)])
})

/** Notes the names of the members, by the name of what they are in; what is in business details is the party's. */
function note(value: unknown, of: string, found: Map<string, Set<string>>): void {
  if (Array.isArray(value)) for (const item of value) note(item, of, found)
  else if (typeof value === 'object' && value !== null && of !== 'businessDetails') {
    const names = found.get(of) ?? new Set()
    found.set(of, names)
    for (const [name, member] of Object.entries(value)) {
      names.add(name)
      note(member, name, found)
    }
  }
}
