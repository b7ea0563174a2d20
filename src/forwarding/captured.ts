// One exchange as a capture keeps it: who, what, and the bodies of both sides without what must not be kept. An
// answer that became a fault is the one that is looked for most, so it is kept as well.

import { z } from 'zod'
import { toFault } from '../faults/fault.ts'
import type { Exchange } from '../journal/exchange.ts'
import { toRecord } from '../ocpi/headers.ts'
import type { Message } from '../routing/message.ts'
import { inflateBody, isPlain } from './body-reader.ts'
import { type Evidence, evidenceOf } from './evidence.ts'
import type { Relayed } from './relayed.ts'
import { keepBody, keepRefusal, type KeptBody } from './redact.ts'

const KEPT_BODY = z.union([
  z.object({
    bytes: z.number(),
    text: z.string(),
    truncated: z.literal(true).exactOptional(),
    plain: z.literal(true).exactOptional(),
  }),
  z.object({ bytes: z.number(), omitted: z.enum(['not_json', 'too_large', 'coded']) }),
])

/** As it is read back from a store. */
export const CAPTURED = z.object({
  /** RFC 3339: when the request arrived. */
  time: z.string(),
  /** Through which hub it went. */
  hub: z.string().exactOptional(),
  from: z.string().exactOptional(),
  to: z.string().exactOptional(),
  method: z.string(),
  /** Without query. */
  path: z.string(),
  request_id: z.string(),
  forwarded_request_id: z.string().exactOptional(),
  correlation_id: z.string(),
  http_status: z.number().exactOptional(),
  code: z.number().exactOptional(),
  fault: z.string().exactOptional(),
  /** What the responder answered, where that became a fault. */
  responder_http_status: z.number().exactOptional(),
  request: KEPT_BODY.exactOptional(),
  answer: KEPT_BODY.exactOptional(),
})
export type CapturedExchange = z.infer<typeof CAPTURED>

/** One functional request under way, or one of several that it leads to. */
export interface Watched {
  readonly message: Pick<Message, 'body'>
  readonly exchange: Exchange
}

/** How it ended. */
export interface Outcome {
  readonly relayed?: Relayed
  readonly thrown?: unknown
}

const INFLATED_MAX = 1024 * 1024

export async function toCaptured(
  { message, exchange }: Watched,
  outcome: Outcome,
): Promise<CapturedExchange> {
  const { from, to, method, path, requestId, forwardedRequestId, correlationId, startedAt } = exchange
  const { relayed } = outcome
  const fault = relayed ? undefined : toFault(outcome.thrown)
  const evidence = fault && evidenceOf(fault)
  const answer = relayed ? await keepRelayed(relayed) : evidence && (await keepRefused(evidence))
  return {
    time: new Date(startedAt).toISOString(),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    method,
    path,
    request_id: requestId,
    ...(forwardedRequestId === undefined ? {} : { forwarded_request_id: forwardedRequestId }),
    correlation_id: correlationId,
    ...(relayed ? { http_status: relayed.httpStatus } : {}),
    ...(relayed?.statusCode === undefined ? {} : { code: relayed.statusCode }),
    ...(fault ? { fault: fault.code } : {}),
    ...(evidence ? { responder_http_status: evidence.answer.status } : {}),
    ...(message.body ? { request: keepBody(message.body) } : {}),
    ...(answer ? { answer } : {}),
  }
}

/** The first part of an answer that streams is no JSON by itself, so nothing of it is kept. */
async function keepRelayed({ body, headers, rest }: Relayed): Promise<KeptBody> {
  const bytes = body.length
  if (rest) return { bytes, omitted: 'too_large' }
  if (typeof body === 'string') return keepBody(body)
  const plain = await withoutCoding(body, headers)
  return plain ? keepBody(plain) : { bytes, omitted: 'coded' }
}

async function keepRefused({ answer: { body, headers }, secrets }: Evidence): Promise<KeptBody> {
  const plain = await withoutCoding(body, headers)
  if (!plain) return { bytes: body.length, omitted: 'coded' }
  return keepRefusal(plain, secrets)
}

async function withoutCoding(body: Buffer, headers: readonly string[]): Promise<Buffer | undefined> {
  const coding = toRecord(headers)['content-encoding']
  return isPlain(coding) ? body : inflateBody(body, coding!, INFLATED_MAX)
}
