// Makes one list out of the lists of several owners by their bytes: no number, no unknown field, no spelling of any
// object changes on the way (R64, T35).

import { isUtf8 } from 'node:buffer'
import { writeEnvelope } from '../ocpi/envelope.ts'
import { elementSpans, hasByteOrderMark, memberSpans } from '../ocpi/json-members.ts'

export interface ListBody {
  /** What stands between the brackets of `data`. */
  readonly items: Buffer
  /** Number of objects in it. */
  readonly count: number
}

/** An owner's list, with its objects as they were parsed. */
export interface OwnerList extends ListBody {
  readonly objects: readonly unknown[]
}

/**
 * Reads an owner's answer to a list. It is parsed to be sure of it, because one broken list would break the joined
 * one, and to count; what is kept are the bytes. `undefined` when it is not JSON or `data` is no array.
 */
export function readList(body: Buffer): OwnerList | undefined {
  if (!isUtf8(body)) return undefined
  let envelope: unknown
  try {
    envelope = JSON.parse(body.toString('utf8', hasByteOrderMark(body) ? 3 : 0))
  } catch {
    return undefined
  }
  const span = memberSpans(body, 'data').at(-1)
  const data = span && (envelope as { data: unknown }).data
  if (!span || !Array.isArray(data)) return undefined
  return { items: body.subarray(span.start + 1, span.end - 1), count: data.length, objects: data }
}

/** The list without the objects that `keeps` does not keep; what stays keeps its bytes. */
export function filterList(list: OwnerList, keeps: (object: unknown) => boolean): ListBody {
  const kept = elementSpans(list.items).filter((_, index) => keeps(list.objects[index]))
  const parts = kept.flatMap(({ start, end }, index) =>
    index === 0 ? [list.items.subarray(start, end)] : [COMMA, list.items.subarray(start, end)],
  )
  return { items: Buffer.concat(parts), count: kept.length }
}

/** The hub's own envelope around all objects, in the order given; `now` in milliseconds since the epoch. */
export function joinLists(
  lists: readonly ListBody[],
  statusMessage?: string,
  now: number = Date.now(),
): Buffer {
  const envelope = writeEnvelope({ data: [], statusCode: 1000, statusMessage }, now)
  const opened = envelope.indexOf('[') + 1
  const parts: Buffer[] = []
  for (const { items, count } of lists) {
    if (count > 0) parts.push(parts.length === 0 ? EMPTY : COMMA, items)
  }
  return Buffer.concat([
    Buffer.from(envelope.slice(0, opened)),
    ...parts,
    Buffer.from(envelope.slice(opened)),
  ])
}

const EMPTY = Buffer.alloc(0)
const COMMA = Buffer.from(',')
