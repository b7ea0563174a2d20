// The RECEIVER interfaces of an ordinary party: it keeps what is pushed to it and gives it back. Bounded: when it
// is full, the oldest object goes.

import { moduleRow } from '../ocpi/module.ts'
import { answerCode, answerData, answerMethod, answerUnknown, type Reply } from './reply.ts'
import { isObject, type RunningParty, type SandboxRequest } from './request.ts'

const STORED_MAX = 1000

/** `GET, PUT, PATCH, DELETE {endpoint}/{country_code}/{party_id}/…`: client owned objects (R72). */
export function answerPushed(request: SandboxRequest, running: RunningParty): Reply {
  if (request.segments.length < 2) return answerUnknown(2000, 'this URL')
  const key = keyOf(request)
  const known = running.stored.get(key)
  switch (request.method) {
    case 'GET':
      return known ? answerData(known) : unknownObject(request)
    case 'PUT':
      if (!isObject(request.body)) return needsObject()
      keep(running.stored, key, request.body)
      return answerData(undefined, { httpStatus: known ? 200 : 201 })
    case 'PATCH':
      if (!isObject(request.body)) return needsObject()
      if (!known) return unknownObject(request)
      keep(running.stored, key, { ...known, ...request.body })
      return answerData()
    case 'DELETE':
      return running.stored.delete(key) ? answerData() : unknownObject(request)
    default:
      return answerMethod(['GET', 'PUT', 'PATCH', 'DELETE'])
  }
}

/** `POST {endpoint}` answers 201 with the URL of the CDR it keeps, `GET {that URL}` gives it back (R82). */
export function answerPushedCdrs(request: SandboxRequest, running: RunningParty): Reply {
  if (request.segments.length > 0) {
    if (request.method !== 'GET') return answerMethod(['GET'])
    const known = running.stored.get(keyOf(request))
    return known ? answerData(known) : answerUnknown(2000, 'this CDR')
  }
  if (request.method !== 'POST') return answerMethod(['POST'])
  if (!isObject(request.body)) return needsObject()
  const { id } = request.body
  if (typeof id !== 'string' || !/^[\x21-\x7e]{1,39}$/.test(id))
    return answerCode(2001, 'the CDR has no proper id')
  const rest = `/${encodeURIComponent(id)}`
  keep(running.stored, `${request.module}/${id.toUpperCase()}`, request.body)
  return answerData(undefined, { httpStatus: 201, headers: { Location: request.endpointUrl + rest } })
}

// A token is told apart by its type as well (OCPI 2.2.1 §Tokens, default RFID).
function keyOf({ module, segments, query }: SandboxRequest): string {
  const path = [module, ...segments.map((segment) => segment.toUpperCase())].join('/')
  return module === 'tokens' ? `${path}?${query.get('type') ?? 'RFID'}` : path
}

function keep(stored: RunningParty['stored'], key: string, object: Record<string, unknown>): void {
  stored.delete(key)
  stored.set(key, object)
  for (const oldest of stored.keys()) {
    if (stored.size <= STORED_MAX) return
    stored.delete(oldest)
  }
}

function unknownObject({ module }: SandboxRequest): Reply {
  const { unknownObject: fault } = moduleRow(module)
  if (fault === 'location_unknown') return answerUnknown(2003, 'this location')
  return fault === 'token_uid_unknown'
    ? answerUnknown(2004, 'this token')
    : answerUnknown(2000, 'this object')
}

function needsObject(): Reply {
  return answerCode(2001, 'the body has to be an object')
}
