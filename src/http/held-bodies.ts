// How many bytes of request bodies the hub holds at once. Small bodies are bounded by the number of requests in flight;
// what larger ones have beyond that shares one limit, so that a partner's batch cannot take all memory.

import type { IncomingMessage } from 'node:http'
import { Fault } from '../faults/fault.ts'
import type { ArrivalOptions } from './options.ts'
import type { Lifecycle, Visit } from './visit.ts'

/** So much of each body is not counted, and costs nothing to look at. */
const FREE_BYTES = 64 * 1024

/**
 * Counts the body of a request as it comes, until its visit ends. A body that is alone is always taken. Throws
 * `hub_overloaded` when what it announces does not fit beside the others; `refuse` is called once with that Fault when
 * they have grown meanwhile.
 */
export function holdBody(
  visit: Visit,
  request: IncomingMessage,
  lifecycle: Lifecycle,
  options: Pick<ArrivalOptions, 'maxRequestBodyBytes' | 'heldRequestBytes'>,
  refuse: (fault: Fault) => void,
): void {
  const { 'content-length': length, 'transfer-encoding': coding } = request.headers
  const announced = Number(length ?? 0)
  if (coding === undefined && (announced <= FREE_BYTES || announced > options.maxRequestBodyBytes)) return
  if (announced > FREE_BYTES && !fits(announced - FREE_BYTES)) throw tooMuch()
  let bytes = 0

  function fits(more: number): boolean {
    const others = lifecycle.heldBytes - visit.heldBytes
    return others === 0 || lifecycle.heldBytes + more <= options.heldRequestBytes
  }

  function count(chunk: Buffer): void {
    bytes += chunk.length
    const more = bytes - FREE_BYTES - visit.heldBytes
    if (more <= 0) return
    if (visit.ended || !fits(more)) {
      request.off('data', count)
      if (!visit.ended) refuse(tooMuch())
      return
    }
    visit.heldBytes += more
    lifecycle.heldBytes += more
  }

  request.on('data', count)
}

function tooMuch(): Fault {
  return new Fault('hub_overloaded', {
    message: 'The hub holds as many bytes of request bodies as it may',
    detail: 'over limits.held_requests',
  })
}
