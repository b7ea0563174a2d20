// What Fastify refuses by itself, in the words of the fault table.

import { Fault } from '../faults/fault.ts'

/** Fastify's own errors as rows; anything else goes on as it is and ends as `hub_failure`. */
export function toHttpFault(error: unknown): unknown {
  const { code, statusCode } = error as { code?: unknown; statusCode?: unknown }
  if (error instanceof Fault) return error
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new Fault('body_too_large')
  if (code === 'FST_ERR_CTP_INVALID_CONTENT_LENGTH') {
    return new Fault('http_request_error', { message: 'The body is not as long as Content-Length says' })
  }
  // Before any URL of the hub is looked for: Fastify's router decodes the path.
  if (code === 'FST_ERR_BAD_URL') {
    return new Fault('http_request_error', { message: 'The path has a % that encodes nothing in UTF-8' })
  }
  // RFC 9112 §8: the connection ended before the body did, in Fastify's words; a store that is away is no 400.
  if (code === 'ECONNRESET' && statusCode === 400)
    return new Fault('http_request_error', { message: 'The body did not arrive whole' })
  if (
    typeof code === 'string' &&
    code.startsWith('FST_ERR_') &&
    typeof statusCode === 'number' &&
    statusCode < 500
  ) {
    return new Fault('http_request_error', statusCode === 414 ? { httpStatus: 414 } : {})
  }
  return error
}
