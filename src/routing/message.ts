// What a functional request is, once its URL, head and bytes were read: the input of every routing decision.
// The body is checked to be JSON and kept as the bytes that came (R95, R99).

import { isUtf8 } from 'node:buffer'
import { Fault } from '../faults/fault.ts'
import { withoutByteOrderMark } from '../ocpi/json-bytes.ts'
import { isJson } from '../ocpi/json-text.ts'
import type { LinkPurpose } from '../links/links.ts'
import { type InterfaceRole, moduleRow, type ModuleRow } from '../ocpi/module.ts'
import type { VersionNumber } from '../ocpi/version.ts'
import type { RequestHead } from './head.ts'

export interface Message {
  readonly version: VersionNumber
  readonly row: ModuleRow
  /** Module id as the URL spells it. */
  readonly module: string
  readonly interface: InterfaceRole
  readonly method: string
  /** Raw path below the module's endpoint: `''` or `/…`. */
  readonly rest: string
  /** Raw query with its `?`, or `''`. */
  readonly query: string
  readonly head: RequestHead
  readonly body: Buffer | undefined
  /** It goes to a URL that the party itself gave, of this purpose: a 404 is about that, not about an endpoint. */
  readonly byUrl?: LinkPurpose
  /** The hub reads the answer itself to put a list together: whole, plain, its Link untouched. */
  readonly assembled?: true
  /** What the list was asked with, where the URL of the page need not say it. */
  readonly listQuery?: string
}

/** Puts a message together. Throws `body_not_json`. */
export function toMessage(
  url: { version: VersionNumber; module: string; interface: InterfaceRole; rest: string; query: string },
  method: string,
  head: RequestHead,
  body: Buffer | undefined,
): Message {
  const present = body !== undefined && body.length > 0 ? body : undefined
  if (present) checkJson(present, head)
  return {
    version: url.version,
    row: moduleRow(url.module),
    module: url.module,
    interface: url.interface,
    method,
    rest: url.rest,
    query: url.query,
    head,
    body: present,
  }
}

/** Whether the path below the module is one of its paginated lists (R68). */
export function isList({ row, rest }: Pick<Message, 'row' | 'rest'>): boolean {
  return row.lists?.includes(rest.endsWith('/') ? rest.slice(0, -1) : rest) ?? false
}

// A larger one is looked through instead (D19): 10 MiB of `[],[],` would hold up all others for two seconds.
const PARSED_MAX = 64 * 1024

/** OCPI 2.2.1 §4.1.7, R99: HTTP 400 for a body that is not JSON; RFC 8259 §8.1: JSON is UTF-8. */
function checkJson(body: Buffer, head: RequestHead): void {
  if (head.contentEncoding !== undefined && head.contentEncoding.toLowerCase() !== 'identity') {
    throw new Fault('body_not_json', { message: 'The request body is compressed; send it as plain JSON' })
  }
  if (!isUtf8(body)) throw new Fault('body_not_json', { message: 'The request body is not UTF-8' })
  const text = withoutByteOrderMark(body)
  if (text.length > PARSED_MAX) {
    if (!isJson(text)) throw new Fault('body_not_json')
    return
  }
  try {
    JSON.parse(text.toString('utf8'))
  } catch (cause) {
    throw new Fault('body_not_json', { cause })
  }
}
