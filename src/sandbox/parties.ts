// The cast of the sandbox: ONE ROW PER PARTY, in the order of their ports. Ids, tokens and ports are stable
// because people build on them: new rows go to the end, none moves. Pure data.

import type { FaultCode } from '../faults/table.ts'
import type { SandboxEndpoint, SandboxExample, SandboxParty } from './party.ts'

const CPO: readonly SandboxEndpoint[] = [
  ['locations', 'SENDER'],
  ['tariffs', 'SENDER'],
  ['sessions', 'SENDER'],
  ['cdrs', 'SENDER'],
  ['tokens', 'RECEIVER'],
  ['commands', 'RECEIVER'],
  ['chargingprofiles', 'RECEIVER'],
]

const EMSP: readonly SandboxEndpoint[] = [
  ['tokens', 'SENDER'],
  ['commands', 'SENDER'],
  ['chargingprofiles', 'SENDER'],
  ['locations', 'RECEIVER'],
  ['tariffs', 'RECEIVER'],
  ['sessions', 'RECEIVER'],
  ['cdrs', 'RECEIVER'],
  ['hubclientinfo', 'RECEIVER'],
]

// No tariffs, sessions or CDRs: a GET ALL of those is answered by the sound parties alone, and at once.
const FAILING: readonly SandboxEndpoint[] = [
  ['locations', 'SENDER'],
  ['tokens', 'RECEIVER'],
  ['commands', 'RECEIVER'],
]

const SETTLEMENT: readonly SandboxEndpoint[] = [['settlement', 'SENDER']]

/** A 2.2.1 CPO that is called by NL-EMS and fails: the shape most rows share. */
const FAILING_CPO = {
  countryCode: 'DE',
  roles: ['CPO'],
  version: '2.2.1',
  status: 'CONNECTED',
  errors: 'ocpi',
  endpoints: FAILING,
  locationCount: 0,
  showsLife: false,
} as const

const ORDINARY = {
  version: '2.2.1',
  behaviour: 'ordinary',
  status: 'CONNECTED',
  errors: 'ocpi',
  showsLife: false,
} as const

const SERVICE = {
  countryCode: 'NL',
  roles: ['OTHER'],
  version: '2.2.1',
  behaviour: 'dialect',
  status: 'CONNECTED',
  endpoints: SETTLEMENT,
  locationCount: 0,
  showsLife: false,
} as const

function asked(request: string, statusCode: number, fault?: FaultCode): SandboxExample {
  return { caller: 'NL-EMS', request, statusCode, ...(fault && { fault }) }
}

export const SANDBOX_PARTIES: readonly SandboxParty[] = [
  {
    ...ORDINARY,
    countryCode: 'NL',
    partyId: 'EMS',
    name: 'Sandbox eMSP',
    roles: ['EMSP'],
    endpoints: EMSP,
    locationCount: 0,
    what: 'the eMSP to call as: owns tokens, takes locations, tariffs, sessions, CDRs and call-backs',
    example: { caller: 'DE-CPO', request: 'GET sender/tokens?limit=2', statusCode: 1000 },
  },
  {
    ...ORDINARY,
    countryCode: 'DE',
    partyId: 'CPO',
    name: 'Sandbox Charging',
    roles: ['CPO'],
    endpoints: CPO,
    locationCount: 300,
    what: 'a sound CPO: lists in pages, tokens, commands and charging profiles with call-backs',
    example: asked('GET sender/locations?limit=2', 1000),
  },
  {
    ...ORDINARY,
    countryCode: 'DE',
    partyId: 'MUL',
    name: 'Sandbox Multi',
    roles: ['CPO', 'EMSP'],
    endpoints: [...CPO, ...EMSP],
    locationCount: 20,
    what: 'CPO and eMSP in one: every module on both interfaces',
    example: asked('GET sender/locations/LOC0001', 1000),
  },
  {
    ...FAILING_CPO,
    partyId: 'SLO',
    name: 'Sandbox Silent',
    behaviour: 'silent',
    showsLife: true,
    what: 'takes the request and never answers',
    example: asked('GET sender/locations', 4002, 'http_response_timeout'),
  },
  {
    ...FAILING_CPO,
    partyId: 'OFF',
    name: 'Sandbox Closed Port',
    behaviour: 'closed',
    showsLife: true,
    what: 'its port is closed although its status is CONNECTED',
    example: asked('GET sender/locations', 4003, 'connection_refused'),
  },
  {
    ...FAILING_CPO,
    partyId: 'HTM',
    name: 'Sandbox HTML',
    behaviour: 'html',
    what: 'answers a web page: HTTP 500, below /ok HTTP 200',
    example: asked('GET sender/locations', 4000, 'answer_not_ocpi'),
  },
  {
    ...FAILING_CPO,
    partyId: 'OUT',
    name: 'Sandbox Offline',
    behaviour: 'closed',
    status: 'OFFLINE',
    what: 'its status is OFFLINE: nothing is sent to it',
    example: asked('GET sender/locations', 4003, 'to_not_connected'),
  },
  {
    ...ORDINARY,
    countryCode: 'DE',
    partyId: 'SUS',
    name: 'Sandbox Suspended',
    roles: ['CPO'],
    endpoints: CPO,
    locationCount: 20,
    status: 'SUSPENDED',
    what: 'its status is SUSPENDED: a sound CPO once an operator resumes it',
    example: asked('GET sender/locations', 4003, 'to_not_connected'),
  },
  {
    ...FAILING_CPO,
    partyId: 'CUT',
    name: 'Sandbox Cut',
    behaviour: 'cut',
    showsLife: true,
    what: 'hangs up in the middle of its answer, below /before without answering',
    example: asked('GET sender/locations', 4003, 'http_response_incomplete'),
  },
  {
    ...FAILING_CPO,
    partyId: 'GAR',
    name: 'Sandbox Garbage',
    behaviour: 'garbage',
    showsLife: true,
    what: 'answers bytes that are not HTTP',
    example: asked('GET sender/locations', 4000, 'http_protocol_error'),
  },
  {
    ...FAILING_CPO,
    partyId: '401',
    name: 'Sandbox Unauthorized',
    behaviour: 'unauthorized',
    what: "refuses the hub's credentials token with HTTP 401",
    example: asked('GET sender/locations', 4003, 'token_rejected'),
  },
  {
    ...FAILING_CPO,
    partyId: 'BIG',
    name: 'Sandbox Big',
    behaviour: 'big',
    what: 'answers as many bytes as ?bytes= says, their number unknown beforehand; &declared=true announces it as Content-Length',
    example: asked('GET sender/locations?bytes=60000000&declared=true', 4000, 'http_response_body_size'),
  },
  {
    ...FAILING_CPO,
    partyId: 'STA',
    name: 'Sandbox Status',
    behaviour: 'statuses',
    what: 'below /status/{code} or /objects/{code} answers that OCPI code (/status/{code}/{http}: with that HTTP status), below /http/{http} that HTTP status without envelope',
    example: asked('GET sender/locations/status/2901', 2901),
  },
  {
    ...SERVICE,
    partyId: 'PAY',
    name: 'Sandbox Settlement',
    errors: 'opencharge',
    what: 'no OCPI errors but Opencharge ones: below /objects/{code} each of them',
    example: asked('GET sender/settlement/objects/AMOUNT_MISMATCH', 2001),
  },
  {
    ...SERVICE,
    partyId: 'PRF',
    name: 'Sandbox Proof',
    errors: 'proof',
    what: 'errors of the proof service: below /objects/{code} each of them',
    example: asked('GET sender/settlement/objects/provider_error', 3000),
  },
  {
    ...SERVICE,
    partyId: 'IVX',
    name: 'Sandbox IVXP',
    errors: 'ivxp',
    what: 'errors of IVXP/1.0: below /objects/{code} each of them',
    example: asked('GET sender/settlement/objects/ORDER_NOT_FOUND', 2000),
  },
  {
    ...ORDINARY,
    countryCode: 'FR',
    partyId: 'CPO',
    name: 'Sandbox Recharge',
    roles: ['CPO'],
    version: '2.3.0',
    endpoints: CPO,
    locationCount: 20,
    what: 'a sound CPO on OCPI 2.3.0',
    example: { caller: 'FR-EMS', request: 'GET sender/locations?limit=2', statusCode: 1000 },
  },
  {
    ...ORDINARY,
    countryCode: 'FR',
    partyId: 'EMS',
    name: 'Sandbox Mobilité',
    roles: ['EMSP'],
    version: '2.3.0',
    endpoints: EMSP,
    locationCount: 0,
    what: 'the eMSP to call as on OCPI 2.3.0',
    example: { caller: 'FR-CPO', request: 'GET sender/tokens?limit=2', statusCode: 1000 },
  },
]
