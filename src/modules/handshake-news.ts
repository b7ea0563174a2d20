// What operators are told of a handshake that has succeeded: one line of the log, and an entry of the audit trail when
// the other side has moved to another versions URL by it. Hosts may stand there: nobody else reads either.

import type { Audit } from '../journal/audit.ts'
import type { Log } from '../journal/log.ts'
import { readTarget } from '../ocpi/endpoint.ts'
import type { Platform } from '../registry/platform.ts'

export interface HandshakeNews {
  readonly id: string
  readonly what: 'registered' | 'renewed' | 'left'
  /** Who began it. */
  readonly by: 'hub' | 'peer'
  /** `undefined` where there was nothing, or nothing is left. */
  readonly before: Platform | undefined
  readonly after: Platform | undefined
}

/** Told of every handshake that has succeeded. Never throws and never waits. */
export type OnHandshake = (news: HandshakeNews) => void

const SENTENCES = {
  hub: {
    registered: 'the hub has registered at the platform',
    renewed: 'the hub has renewed the credentials with the platform',
    left: 'the hub has left the platform',
  },
  peer: {
    registered: 'the platform has registered',
    renewed: 'the platform has renewed its credentials',
    left: 'the platform has left',
  },
} as const

/** Writes the line, and the entry if one is due. */
export function createHandshakeNews({
  log,
  audit,
}: {
  readonly log: Pick<Log, 'info'>
  readonly audit: Pick<Audit, 'record'>
}): OnHandshake {
  return ({ id, what, by, before, after }) => {
    const url = changeOf(before?.versionsUrl, after?.versionsUrl)
    const hosts = changeOf(originsOf(before), originsOf(after))
    const others = [url?.before && 'versions URL', hosts?.before && 'endpoints'].filter(Boolean)
    const change = others.length > 0 ? `; others than before: ${others.join(' and ')}` : ''
    const members = { ...(url ? { versions_url: url } : {}), ...(hosts ? { endpoints: hosts } : {}) }
    log.info({ platform: id, handshake: what, by, ...members }, SENTENCES[by][what] + change)
    if (!url?.before) return
    const detail = `versions URL ${url.before} -> ${url.after}`
    void audit.record({ who: `platform ${id}`, action: 'platform.versions_url', target: id, detail })
  }
}

interface Difference {
  readonly before?: string
  readonly after: string
}

/** `undefined` where nothing is there afterwards, or the same as before. */
function changeOf(before: string | undefined, after: string | undefined): Difference | undefined {
  if (after === undefined || after === before) return undefined
  return before === undefined ? { after } : { before, after }
}

/** Where its endpoints are, each origin once. */
function originsOf(platform: Platform | undefined): string | undefined {
  const origins = platform?.endpoints.map(({ url }) => readTarget(url)?.origin ?? url) ?? []
  return origins.length === 0 ? undefined : [...new Set(origins)].sort().join(' ')
}
