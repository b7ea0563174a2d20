// An answer ready for the requester, whoever wrote it.

import type { Sink } from './attempt.ts'

export interface Relayed {
  readonly httpStatus: number
  /** OCPI status code; of a streamed answer it is known when `rest` has ended. */
  readonly statusCode: number | undefined
  readonly author: 'responder' | 'hub'
  /** FROM of the answer: the hub for broadcast, GET ALL and its own errors, the responder otherwise (contract §3). */
  readonly from?: 'hub'
  /** End-to-end headers, flat; ids and routing headers are added at the edge. */
  readonly headers: string[]
  readonly body: Buffer | string
  /** Code of the responder's own list, when it does not speak OCPI. */
  readonly responderCode?: string
  /** For the journal. */
  readonly detail?: string
  /** Streams what follows `body`; gives the status code found on the way, if any. */
  readonly rest?: (sink: Sink) => Promise<number | undefined>
}
