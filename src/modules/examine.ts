// Examines a party's OCPI endpoints before it is connected: one row per check, in their order, each with what was
// found and what to tell the partner. Nothing is ever changed: only GET is sent, bounded in time and bytes.

import { createCall } from '../forwarding/call.ts'
import { readConnectionFacts, readLookupFault } from '../forwarding/connection-facts.ts'
import type { NetworkOptions } from '../forwarding/options.ts'
import { createSend } from '../forwarding/send.ts'
import { plainText } from '../journal/text.ts'
import { type PartyId, type PartyKey, partyKey } from '../ocpi/party.ts'
import type { VersionNumber } from '../ocpi/version.ts'
import { BEHAVIOUR_CHECKS } from './examine-behaviour.ts'
import { CONNECTION_CHECKS } from './examine-connection.ts'
import { LIST_CHECKS } from './examine-lists.ts'
import {
  type Check,
  type CheckResult,
  createAsk,
  type Finding,
  type Ground,
  OUT_OF_TIME,
  type Scene,
  skip,
} from './examine-scene.ts'
import { tokenTexts, VERSIONS_CHECKS } from './examine-versions.ts'

/** Every check, in the order they are done. */
export const CHECKS: readonly Check[] = [
  ...CONNECTION_CHECKS,
  ...VERSIONS_CHECKS,
  ...LIST_CHECKS,
  ...BEHAVIOUR_CHECKS,
]

export interface ExaminationOptions {
  /** Which addresses and schemes may be called. */
  readonly network: NetworkOptions
  /** Versions of the hub, newest first. */
  readonly versions: readonly VersionNumber[]
  /** The hub's own party: it asks as this one. */
  readonly from?: PartyId
  /** For one request. */
  readonly timeoutMs: number
  /** For everything together; what is left then is skipped. */
  readonly totalMs: number
}

/** As the API and `--json` show it. */
export interface CheckReport {
  readonly id: string
  readonly title: string
  readonly result: CheckResult
  readonly found: string
  readonly advice?: string
}

export interface Examination {
  readonly url: string
  /** RFC 3339. */
  readonly time: string
  readonly duration_ms: number
  /** The worst of all checks. */
  readonly result: Exclude<CheckResult, 'skip'>
  /** The newest version that both sides speak and whose details could be read. */
  readonly version?: VersionNumber
  /** The party found behind the URL. */
  readonly party?: PartyKey
  readonly checks: readonly CheckReport[]
}

/** Of one answer, in bytes. */
const BODY_MAX = 1024 * 1024
const FOUND_CHARACTERS_MAX = 1_000

/** Examines what is at a versions URL, with the token its operator gave. Never rejects. */
export async function examine(
  { url, token }: { readonly url: string; readonly token: string },
  options: ExaminationOptions,
): Promise<Examination> {
  const startedAt = performance.now()
  const time = new Date().toISOString()
  // Connections of its own: they are seen as a stranger would see them, and are gone afterwards.
  const send = createSend(
    {
      connectTimeoutMs: options.timeoutMs,
      timeoutMs: options.timeoutMs,
      maxResponseBodyBytes: BODY_MAX,
      heldAnswerBytes: BODY_MAX,
      connectionsMax: 1,
      pendingMax: 4,
    },
    options.network,
  )
  const endsAt = startedAt + options.totalMs
  const scene: Scene = {
    url: url.trim(),
    token,
    versions: options.versions,
    from: options.from,
    grounds: new Set(),
    replies: [],
    offered: [],
    mutual: [],
    endpoints: [],
    lists: [],
    look: () => readConnectionFacts(send.guard, url.trim(), options.timeoutMs),
    resolve: async (its) => {
      const leftMs = endsAt - performance.now()
      if (leftMs <= 0) throw OUT_OF_TIME
      return readLookupFault(send.guard, its, Math.min(options.timeoutMs, leftMs))
    },
    ask: createAsk(() => scene, { call: createCall(send), timeoutMs: options.timeoutMs, endsAt }),
  }
  const checks: CheckReport[] = []
  try {
    for (const check of CHECKS) checks.push(toReport(check, await runCheck(check, scene), token))
  } finally {
    await send.close()
  }
  return {
    url: withoutSecrets(plainText(scene.url, FOUND_CHARACTERS_MAX), token),
    time,
    duration_ms: Math.round(performance.now() - startedAt),
    result: worstOf(checks),
    ...(scene.version === undefined ? {} : { version: scene.version }),
    ...(scene.to === undefined ? {} : { party: partyKey(scene.to) }),
    checks,
  }
}

const MISSING: Readonly<Record<Ground, string>> = {
  connection: 'there is no connection that the hub would use',
  token: 'the token was not accepted in any form',
  versions: 'there is no list of versions',
  endpoints: 'there is no list of endpoints',
  lists: 'no list was answered',
}

async function runCheck(check: Check, scene: Scene): Promise<Finding> {
  if (check.needs !== undefined && !scene.grounds.has(check.needs)) return skip(MISSING[check.needs])
  try {
    return await check.run(scene)
  } catch (thrown) {
    if (thrown === OUT_OF_TIME) return skip('the time for the examination was used up')
    throw thrown
  }
}

function toReport({ id, title }: Check, { result, found, advice }: Finding, token: string): CheckReport {
  return {
    id,
    title,
    result,
    found: withoutSecrets(plainText(found, FOUND_CHARACTERS_MAX), token),
    ...(advice === undefined ? {} : { advice }),
  }
}

/** Answers may repeat the token, and a URL may have a password in it; a report is mailed about. */
function withoutSecrets(text: string, token: string): string {
  const plain = text.replace(/\/\/[^/?#\s@]*@/g, '//[user]@')
  if (token.length < 4) return plain
  return tokenTexts(token).reduce((kept, secret) => kept.replaceAll(secret, '[token]'), plain)
}

function worstOf(checks: readonly CheckReport[]): Examination['result'] {
  if (checks.some(({ result }) => result === 'fail')) return 'fail'
  return checks.some(({ result }) => result === 'warn') ? 'warn' : 'pass'
}
