// A platform as the store keeps it: JSON with the outbound token sealed, plus what it claims. Every record read is
// checked here, whoever wrote it; what does not fit is told as broken and never becomes a platform.

import { z } from 'zod'
import { DIALECT_NAMES } from '../dialects/dialect.ts'
import { Fault } from '../faults/fault.ts'
import { CONNECTION_STATUSES } from '../ocpi/connection-status.ts'
import { parseJson } from '../ocpi/json-text.ts'
import { INTERFACES } from '../ocpi/module.ts'
import { isPartyId, partyKey } from '../ocpi/party.ts'
import { TOKEN_FORMS } from '../ocpi/token.ts'
import { VERSIONS, type VersionNumber } from '../ocpi/version.ts'
import { withMembers } from '../ocpi/with-members.ts'
import type { OutboundToken, Platform } from './platform.ts'
import { sealedWith, type Sealer } from './seal.ts'
import type { RecordHead, StoredRecord } from './store.ts'

/** What is read out of a body. */
export interface StoredPlatform {
  readonly platform: Platform
  /** Overlay of a platform of the configuration file: the status the file gave when it was written. */
  readonly fileStatus?: Platform['status']
  /** Id of the key of its outbound token, if it has one. */
  readonly sealedWith?: string
}

/** Why a body gives no platform. */
export interface Unreadable {
  readonly problem: string
  /** Id of the key it is sealed with, when it is just that which is missing. */
  readonly missingKey?: string
}

const BODY_CHARACTERS_MAX = 1024 * 1024
const PURPOSE = 'outbound token'

/** What the tokens in memory are sealed as. */
const SEALED = new WeakMap<OutboundToken, { readonly owner: string; readonly sealed: string }>()

const status = z.enum(CONNECTION_STATUSES)
const text = z.string().max(2048)
const key = z.string().min(1).max(256)
const revision = z.int().positive()

const RECORD = z.object({
  revision,
  writeId: key,
  parties: z.array(key),
  tokens: z.array(key),
  body: z.string().max(BODY_CHARACTERS_MAX).nullable(),
})

const ROLE_MEMBERS = {
  countryCode: z.string(),
  partyId: z.string(),
  role: key,
  name: text.exactOptional(),
  businessDetails: z.unknown().exactOptional(),
  withdrawn: z.literal(true).exactOptional(),
  lastUpdated: key,
  created: key.exactOptional(),
  movingTo: key.exactOptional(),
}
const ROLE = z.object(ROLE_MEMBERS).refine(isPartyId)
const REPORTED = z.object({ ...ROLE_MEMBERS, reported: status }).refine(isPartyId)

const OVERLAY = 'file:'

const FIELDS = z.object({
  id: key,
  source: z.enum(['file', 'registered']),
  status,
  version: z.enum(Object.keys(VERSIONS) as VersionNumber[]).exactOptional(),
  versionsUrl: text.exactOptional(),
  inbound: z.array(
    z.object({
      hash: key,
      key: key.exactOptional(),
      purpose: z.enum(['registration', 'credentials']),
      validUntil: z.number().exactOptional(),
    }),
  ),
  outbound: z.object({ sealed: text.min(1), form: z.enum(TOKEN_FORMS) }).exactOptional(),
  endpoints: z.array(z.object({ module: key, role: z.enum(INTERFACES), url: text })),
  roles: z.array(ROLE),
  behind: z.array(REPORTED).exactOptional(),
  toldParties: key.exactOptional(),
  errors: z.enum(DIALECT_NAMES),
  lastUpdated: key,
  fileStatus: status.exactOptional(),
})

// A registered platform must not stand where an overlay does.
const BODY = FIELDS.refine((body) => body.source === 'file' || !body.id.startsWith(OVERLAY))

/** Reads the text of a record; `undefined` when it is not one. */
export function readRecord(id: string, recordText: string): StoredRecord | undefined {
  const parsed = RECORD.safeParse(parseJson(recordText))
  return parsed.success ? { id, ...parsed.data } : undefined
}

/**
 * The text of a record. The revision stands first and nothing else depends on it, so that a store can put its own
 * number before `recordTail` inside its transaction.
 */
export function recordText(record: StoredRecord): string {
  return `{"revision":${record.revision},${recordTail(record)}`
}

/** The text of a record after its revision. */
export function recordTail(record: Omit<StoredRecord, 'revision' | 'id'>): string {
  return `${claimsText(record)}${JSON.stringify(record.body)}}`
}

/** The text of a record as far as its body, for stores that keep the two apart: whatever is decided needs no body. */
export function recordHead(record: RecordHead): string {
  return `{"revision":${record.revision},${claimsText(record)}`
}

const BEFORE_BODY = ',"body":'

function claimsText({ writeId, parties, tokens }: Omit<RecordHead, 'revision' | 'id'>): string {
  return JSON.stringify({ writeId, parties, tokens }).slice(1, -1) + BEFORE_BODY
}

/** Whether a text is no more than the head of a record. */
export function isRecordHead(text: string): boolean {
  return text.endsWith(BEFORE_BODY)
}

/** The text of the record that a head and a body make. */
export function withBody(head: string, body: string): string {
  return `${head}${JSON.stringify(body)}}`
}

/** What whoever writes the record must have seen of it: a tombstone is as good as none. */
export function liveRevision(record: StoredRecord | undefined): number {
  return record && record.body !== null ? record.revision : 0
}

/** What is wrong with a body, its sealed token left aside; `undefined` = nothing. */
export function bodyProblem(id: string, body: unknown): string | undefined {
  const parsed = BODY.safeParse(body)
  if (!parsed.success) return `not a platform: ${problemOf(parsed)}`
  return recordId(parsed.data) === id ? undefined : 'it names another platform than its key'
}

/** The platform in a record, or what is wrong with it. */
export function readBody(record: StoredRecord, sealer: Sealer): StoredPlatform | Unreadable {
  const parsed = BODY.safeParse(parseJson(record.body ?? ''))
  if (!parsed.success) return { problem: `not a platform: ${problemOf(parsed)}` }
  const { outbound, fileStatus, ...plain } = parsed.data
  if (recordId(plain) !== record.id) return { problem: 'it names another platform than its key' }
  const token = outbound && sealer.open(outbound.sealed, { purpose: PURPOSE, owner: plain.id })
  const keyId = outbound && sealedWith(outbound.sealed)
  if (outbound && token === undefined) return unopened(keyId, sealer)
  const platform = withMembers<Platform>({
    ...plain,
    revision: record.revision,
    ...(outbound && token !== undefined ? { outbound: { token, form: outbound.form } } : {}),
  })
  if (outbound && platform.outbound)
    SEALED.set(platform.outbound, { owner: plain.id, sealed: outbound.sealed })
  return toStored(platform, fileStatus, keyId)
}

function toStored(
  platform: Platform,
  fileStatus: StoredPlatform['fileStatus'],
  keyId: string | undefined,
): StoredPlatform {
  return {
    platform,
    ...(fileStatus ? { fileStatus } : {}),
    ...(keyId === undefined ? {} : { sealedWith: keyId }),
  }
}

function unopened(keyId: string | undefined, sealer: Sealer): Unreadable {
  if (keyId === undefined || sealer.knows(keyId))
    return { problem: 'its outbound token does not open with secret_key' }
  return {
    problem: `its outbound token is sealed with key ${keyId}, which secret_key does not hold`,
    missingKey: keyId,
  }
}

export interface WrittenBody {
  readonly body: string
  /** What whoever reads it has, once the store has given it a revision. */
  readonly read: (revision: number) => StoredPlatform
}

/**
 * The body that keeps a platform; `before` = what is kept of it. Throws `Fault` `credentials_invalid` when it could not
 * be read again: then a peer has given something no credentials may hold.
 */
export function writeBody(stored: StoredPlatform, sealer: Sealer, before?: Platform): WrittenBody {
  const { platform } = stored
  const body = bodyText(stored, sealer)
  const wrong = body.length > BODY_CHARACTERS_MAX ? 'it is too large' : wrongWith(body, stored, before)
  if (wrong)
    throw new Fault('credentials_invalid', { detail: `platform ${platform.id} cannot be kept: ${wrong}` })
  const keyId = platform.outbound && sealedWith(sealOnce(platform.outbound, platform.id, sealer))
  return {
    body,
    // With the very objects that were given: what did not change is to be the same.
    read: (now) => toStored(withMembers(platform, { revision: now }), stored.fileStatus, keyId),
  }
}

/** The body alone; the same for the same platform, as long as the same key is in use. */
export function bodyText({ platform, fileStatus }: StoredPlatform, sealer: Sealer): string {
  const { revision: _, outbound, ...plain } = platform
  const sealed = outbound && { sealed: sealOnce(outbound, plain.id, sealer), form: outbound.form }
  return JSON.stringify(Object.assign(plain, { outbound: sealed, fileStatus }))
}

function wrongWith(
  body: string,
  { platform }: StoredPlatform,
  before: Platform | undefined,
): string | undefined {
  return before && isRedated(platform, before) ? undefined : problemOf(BODY.safeParse(JSON.parse(body)))
}

/** Members that only the hub writes. */
const OWN_MEMBERS: ReadonlySet<string> = new Set(['status', 'lastUpdated', 'revision'])

/** Whether nothing but statuses and dates differs: such a platform is as good as it was, and is checked no second time. */
function isRedated(now: object, before: object): boolean {
  const [these, those] = [now, before] as Readonly<Record<string, unknown>>[]
  const names = Object.keys(now)
  return (
    names.length === Object.keys(before).length &&
    names.every(
      (name) =>
        these![name] === those![name] || OWN_MEMBERS.has(name) || areRedated(these![name], those![name]),
    )
  )
}

function areRedated(now: unknown, before: unknown): boolean {
  if (!Array.isArray(now) || !Array.isArray(before) || now.length !== before.length) return false
  return now.every((item, index) => item === before[index] || isRedated(Object(item), Object(before[index])))
}

/** A token that did not change stays sealed as it is, unless the key or the owner is another one. */
function sealOnce(outbound: OutboundToken, owner: string, sealer: Sealer): string {
  const known = SEALED.get(outbound)
  if (known?.owner === owner && sealedWith(known.sealed) === sealer.inUse()) return known.sealed
  const sealed = sealer.seal(outbound.token, { purpose: PURPOSE, owner })
  SEALED.set(outbound, { owner, sealed })
  return sealed
}

/** Key of the record of a platform. An overlay has a key of its own: it must never replace a registered platform. */
export function recordId(platform: Pick<Platform, 'id' | 'source'>): string {
  return platform.source === 'file' ? OVERLAY + platform.id : platform.id
}

/**
 * Parties in roles that a platform holds against others: none while it is SUSPENDED, no withdrawn one and none that
 * may move (T16, T23), and none that is only reported: that holds nothing against anybody (T25).
 */
export function partyClaims(platform: Platform): string[] {
  if (platform.status === 'SUSPENDED') return []
  const live = platform.roles.filter((role) => !role.withdrawn && role.movingTo === undefined)
  return [...new Set(live.map((role) => `${partyKey(role)} ${role.role.toUpperCase()}`))]
}

/** Token hashes that a platform holds against others, in whatever status it is. */
export function tokenClaims(platform: Platform): string[] {
  return [...new Set(platform.inbound.map((token) => token.hash))]
}

/** The party of a claim that `partyClaims` made. */
export function claimedParty(claim: string): string {
  return claim.slice(0, claim.indexOf(' '))
}

function problemOf(parsed: z.ZodSafeParseResult<unknown>): string | undefined {
  const issue = parsed.error?.issues[0]
  return issue && `${issue.path.join('.') || 'it'} has a wrong value (${issue.code})`
}
