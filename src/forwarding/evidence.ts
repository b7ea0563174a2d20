// What a responder answered when its answer became a Fault: kept beside the fault for as long as the fault is held by
// somebody, for a capture that may be armed. Nothing else reads it.

import type { Fault } from '../faults/fault.ts'
import type { RawAnswer } from './attempt.ts'

export interface Evidence {
  readonly answer: Pick<RawAnswer, 'status' | 'headers' | 'body'>
  /** What must never be kept of it: the token that the hub showed. */
  readonly secrets: readonly string[]
}

const EVIDENCE = new WeakMap<Fault, Evidence>()

/** Puts the answer beside the fault that it became; `token` is the one that the hub showed. */
export function keepEvidence(fault: Fault, { status, headers, body }: RawAnswer, token?: string): void {
  const secrets = token === undefined ? [] : [token, Buffer.from(token).toString('base64')]
  EVIDENCE.set(fault, { answer: { status, headers, body }, secrets })
}

/** `undefined` when there was no answer. */
export function evidenceOf(fault: Fault): Evidence | undefined {
  return EVIDENCE.get(fault)
}
