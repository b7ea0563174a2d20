// New journal entries as server-sent events. A reader that comes back with Last-Event-ID gets what it missed; one
// that is too slow is cut off and comes back, one whose token or session has ended is cut off for good. All streams end
// before the server closes.

import type { FastifyReply } from 'fastify'
import { z } from 'zod'
import type { JournalEntry } from '../journal/journal-entry.ts'
import type { JournalFilter } from '../journal/query.ts'
import { toPredicate } from '../journal/query.ts'
import { REFERENCE } from '../journal/reference.ts'
import { toJournalFilter } from './journal-query.ts'
import type { AdminApp, AdminParts } from './parts.ts'
import { problemError } from './problem.ts'
import { journalFilter, problems } from './shapes.ts'

const PATH = '/api/v1/errors/stream'
const STREAMS_MAX = 100
/** Entries that may wait for a slow reader. */
const WAITING_MAX = 1000
/** Missed entries that are sent again; older ones are in /api/v1/errors. */
const REPLAY_MAX = 1000
const RETRY_MS = 2000

/** `GET /api/v1/errors/stream`. */
export function registerErrorStream(app: AdminApp, parts: AdminParts): void {
  const open = new Set<() => void>()
  app.addHook('preClose', async () => {
    for (const close of open) close()
  })
  const { since: _since, until: _until, ...fields } = journalFilter
  // Without it HEAD would be taken for a question for the entry "stream".
  app.head(PATH, { schema: { hide: true } }, async (_request, reply) => {
    reply.header('Allow', 'GET')
    throw problemError(405, 'Only GET can be used here.')
  })
  app.get(
    PATH,
    {
      sse: { kind: 'manual' },
      exposeHeadRoute: false,
      schema: {
        tags: ['errors'],
        operationId: 'streamErrors',
        summary: 'New entries as server-sent events',
        description:
          'Event `entry`, its id the reference, its data a JournalEntry. With Last-Event-ID the entries since then come first.',
        querystring: z.strictObject(fields),
        response: {
          200: { description: 'The stream', content: { 'text/event-stream': { schema: z.string() } } },
          ...problems(400, 503),
        },
      },
    },
    async (request, reply) => {
      if (open.size >= STREAMS_MAX) throw problemError(503, `More than ${STREAMS_MAX} streams are open.`)
      const lastId = reply.sse.lastEventId
      await runStream(reply, parts.journal, {
        filter: toJournalFilter(request.query),
        open,
        isWelcome: () => request.isStillWelcome(),
        ...(lastId !== null && REFERENCE.test(lastId) ? { lastReference: lastId } : {}),
      })
    },
  )
}

interface Stream {
  readonly filter: JournalFilter
  /** Ways to close the streams that are open. */
  readonly open: Set<() => void>
  /** Whether who reads it still may. */
  readonly isWelcome: () => boolean
  readonly lastReference?: string
}

async function runStream(reply: FastifyReply, journal: AdminParts['journal'], stream: Stream): Promise<void> {
  const { sse } = reply
  const matches = toPredicate(stream.filter)
  const waiting: JournalEntry[] = []
  let wake = (): void => {}
  const close = (): void => {
    sse.close()
    wake()
  }
  const stop = journal.watch((entries) => {
    for (const entry of entries) if (matches(entry)) waiting.push(entry)
    if (waiting.length > WAITING_MAX) close()
    else wake()
  })
  // A write to a closed connection would never be told of.
  const gone = new Promise<void>((resolve) => sse.onClose(resolve))
  const send = async (entry: JournalEntry): Promise<void> => {
    if (!stream.isWelcome()) return close()
    const sent = sse.send({ id: entry.reference, event: 'entry', data: entry }).catch(() => {})
    await Promise.race([sent, gone])
  }
  stream.open.add(close)
  sse.onClose(() => wake())
  try {
    // Read before the head is written: a store that is down is still told as 503.
    const missed =
      stream.lastReference === undefined ? [] : await readSince(journal, stream, stream.lastReference)
    const sent = new Set(missed.map(({ reference }) => reference))
    sse.sendHeaders()
    reply.raw.write(`retry: ${RETRY_MS}\n\n`)
    for (const entry of missed) await send(entry)
    while (sse.isConnected) {
      for (let entry = waiting.shift(); entry && sse.isConnected; entry = waiting.shift()) {
        // Came while the missed ones were read, and was among them.
        if (!sent.has(entry.reference)) await send(entry)
      }
      if (!sse.isConnected) return
      await new Promise<void>((resolve) => (wake = resolve))
    }
  } finally {
    stop()
    stream.open.delete(close)
  }
}

/** Entries after the one with this reference, oldest first; the newest ones when there are too many. */
async function readSince(
  journal: AdminParts['journal'],
  { filter }: Stream,
  reference: string,
): Promise<JournalEntry[]> {
  const result = await journal.query(filter, { limit: REPLAY_MAX })
  const items = result?.items ?? []
  const known = items.findIndex((entry) => entry.reference === reference)
  // What the filter leaves out, or the journal has dropped, still has its place: references grow with time.
  const since = known === -1 ? items.filter((entry) => entry.reference > reference) : items.slice(0, known)
  return since.toReversed()
}
