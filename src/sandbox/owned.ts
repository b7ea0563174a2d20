// The SENDER interfaces of an ordinary party: what it owns, as lists and one by one, and the questions that only an
// owner can answer. Ids are compared case-folded (R109).

import { randomUUID } from 'node:crypto'
import type { Evse, OcpiObject } from './locations.ts'
import { answerPage } from './lists.ts'
import { answerCode, answerData, answerMethod, answerUnknown, type Reply } from './reply.ts'
import { isObject, type RunningParty, type SandboxRequest } from './request.ts'

/** A location id that is always answered with 2003 at HTTP 200, as some platforms do; a real unknown one gets HTTP 404. */
export const UNKNOWN_WITH_200 = 'LOC-2003'

/** `GET …/locations[/{location}[/{evse}[/{connector}]]]` */
export function answerLocations(request: SandboxRequest, { holdings }: RunningParty): Reply {
  if (request.method !== 'GET') return answerMethod(['GET'])
  const [locationId, evseUid, connectorId] = request.segments
  if (locationId === undefined) return answerPage(request, holdings.locations)
  if (isSame(locationId, UNKNOWN_WITH_200))
    return answerCode(2003, `location ${UNKNOWN_WITH_200} is not known here`)
  const location = holdings.locations.find(({ id }) => isSame(id, locationId))
  if (!location) return answerUnknown(2003, 'this location')
  if (evseUid === undefined) return answerData(location)
  const evse = location.evses.find(({ uid }) => isSame(uid, evseUid))
  if (!evse) return answerUnknown(2003, 'this EVSE')
  return connectorId === undefined ? answerData(evse) : answerConnector(evse, connectorId)
}

function answerConnector(evse: Evse, connectorId: string): Reply {
  const connector = evse.connectors.find(({ id }) => isSame(id, connectorId))
  return connector ? answerData(connector) : answerUnknown(2003, 'this connector')
}

/** `GET …/tariffs` */
export function answerTariffs(request: SandboxRequest, { holdings }: RunningParty): Reply {
  return answerList(request, holdings.tariffs)
}

/** `GET …/cdrs` */
export function answerCdrs(request: SandboxRequest, { holdings }: RunningParty): Reply {
  return answerList(request, holdings.cdrs)
}

/** `GET …/sessions?date_from=…` and `PUT …/sessions/{session}/charging_preferences` */
export function answerSessions(request: SandboxRequest, { holdings }: RunningParty): Reply {
  const [sessionId, what] = request.segments
  if (sessionId !== undefined && what === 'charging_preferences') {
    if (request.method !== 'PUT') return answerMethod(['PUT'])
    if (!isObject(request.body)) return answerCode(2001, 'a ChargingPreferences object is needed')
    const known = holdings.sessions.some(({ id }) => isSame(String(id), sessionId))
    return known ? answerData('ACCEPTED') : answerUnknown(2000, 'this session')
  }
  // OCPI 2.2.1 §Sessions GET: the only list whose date_from is not optional.
  if (sessionId === undefined && request.method === 'GET' && !request.query.has('date_from'))
    return answerCode(2001, 'date_from is needed for a list of sessions')
  return answerList(request, holdings.sessions)
}

/** `GET …/tokens` and `POST …/tokens/{token}/authorize` */
export function answerTokens(request: SandboxRequest, { holdings }: RunningParty): Reply {
  const [uid, what] = request.segments
  if (uid === undefined || what !== 'authorize') return answerList(request, holdings.tokens)
  if (request.method !== 'POST') return answerMethod(['POST'])
  const token = holdings.tokens.find((other) => isSame(String(other.uid), uid))
  if (!token) return answerUnknown(2004, 'this token')
  return answerData({
    allowed: token.valid === true ? 'ALLOWED' : 'BLOCKED',
    token,
    ...(isObject(request.body) && { location: request.body }),
    authorization_reference: randomUUID(),
  })
}

/** The SENDER end of commands and charging profiles: takes every result and keeps it for `/sandbox/received`. */
export function answerResult(request: SandboxRequest): Reply {
  return request.method === 'POST' || request.method === 'PUT' ? answerData() : answerMethod(['POST', 'PUT'])
}

function answerList(request: SandboxRequest, objects: readonly OcpiObject[]): Reply {
  if (request.segments.length > 0) return answerUnknown(2000, 'this object')
  return request.method === 'GET' ? answerPage(request, objects) : answerMethod(['GET'])
}

function isSame(id: string, other: string): boolean {
  return id.toUpperCase() === other.toUpperCase()
}
