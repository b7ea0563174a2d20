// The permission of a view link: which platform, after which revocation, good until when, signed with a key of the
// hub. Nobody can make one up; whoever has it may look at that platform's view and at nothing else.

import { createHmac, timingSafeEqual } from 'node:crypto'

export interface ViewPermission {
  readonly platform: string
  /** Later than every revocation that it stands after, in milliseconds since the epoch. */
  readonly made: number
  readonly expires: number
}

/** No link lasts longer. */
export const VIEW_DAYS_MAX = 90

const TOKEN = /^([A-Za-z0-9_-]{1,300})\.([A-Za-z0-9_-]{43})$/

/** The token of a permission: URL-safe. */
export function writeViewToken({ platform, made, expires }: ViewPermission, key: Buffer): string {
  const payload = Buffer.from(JSON.stringify([platform, made, expires])).toString('base64url')
  return `${payload}.${sign(payload, key)}`
}

/** The permission of a token that the hub has made; `undefined` for anything else. Whether it has ended is not asked. */
export function readViewToken(token: string, keys: readonly Buffer[]): ViewPermission | undefined {
  const [, payload = '', signature = ''] = TOKEN.exec(token) ?? []
  const shown = Buffer.from(signature)
  if (!keys.some((key) => isSame(shown, Buffer.from(sign(payload, key))))) return undefined
  const [platform, made, expires] = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as [
    string,
    number,
    number,
  ]
  return { platform, made, expires }
}

function isSame(shown: Buffer, expected: Buffer): boolean {
  return shown.length === expected.length && timingSafeEqual(shown, expected)
}

function sign(payload: string, key: Buffer): string {
  return createHmac('sha256', key).update(payload).digest('base64url')
}
