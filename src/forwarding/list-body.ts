// Makes one list out of the lists of several owners by their bytes: no number, no unknown field, no spelling of any
// object changes on the way (R64, T35).

import { isUtf8 } from 'node:buffer'
import { setImmediate as breathe } from 'node:timers/promises'
import { writeEnvelope } from '../ocpi/envelope.ts'
import { OPEN_ARRAY, withoutByteOrderMark } from '../ocpi/json-bytes.ts'
import { elementSpans, memberSpans, readMembers } from '../ocpi/json-members.ts'
import { isJsonInSteps } from '../ocpi/json-text.ts'

export interface ListBody {
  /** What stands between the brackets of `data`. */
  readonly items: Buffer
  /** Number of objects in it. */
  readonly count: number
}

/** An owner's list, with what tells whose its objects are. */
export interface OwnerList extends ListBody {
  readonly objects: readonly Named[]
}

type Named = Readonly<Partial<Record<(typeof NAMES)[number], string>>>

const NAMES = ['id', 'uid', 'auth_id'] as const
/** The hub asks for 500; whoever does not heed that may give more, but not what fills the memory. */
const OBJECTS_MAX = 100_000
const STEP_BYTES = 256 * 1024
/** How `null` begins, in bytes that were checked to be JSON. */
const NULL = 0x6e
const EMPTY_LIST: OwnerList = { items: Buffer.alloc(0), count: 0, objects: [] }

/**
 * Reads an owner's answer to a list. It is looked through to be sure of it, because one broken list would break the
 * joined one, but no value is made of it (D19): what is kept are the bytes. `undefined` when it is no envelope, `data` is
 * something else than an array, or has more than 100 000 objects.
 */
export async function readList(body: Buffer): Promise<OwnerList | undefined> {
  if (!isUtf8(body) || !(await isJsonInSteps(withoutByteOrderMark(body)))) return undefined
  const span = memberSpans(body, 'data').at(-1)
  // An empty list may be null or left out (R112).
  if (!span || body[span.start] === NULL)
    return memberSpans(body, 'status_code').length > 0 ? EMPTY_LIST : undefined
  if (body[span.start] !== OPEN_ARRAY) return undefined
  const items = body.subarray(span.start + 1, span.end - 1)
  const elements = elementSpans(items, OBJECTS_MAX + 1)
  if (elements.length > OBJECTS_MAX) return undefined
  const objects: Named[] = []
  let pauseAt = STEP_BYTES
  for (const { start, end } of elements) {
    objects.push(readNames(items.subarray(start, end)))
    if (end < pauseAt) continue
    pauseAt = end + STEP_BYTES
    await breathe()
  }
  return { items, count: objects.length, objects }
}

function readNames(object: Buffer): Named {
  const members = readMembers(object, NAMES)
  const named: { -readonly [Name in keyof Named]: Named[Name] } = {}
  for (const name of NAMES) {
    const value = members[name]
    if (typeof value === 'string') named[name] = value
  }
  return named
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
