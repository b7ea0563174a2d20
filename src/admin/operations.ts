// What operators can do to a running hub, as the calls of the admin side are given it.

import type { Captures } from '../forwarding/captures.ts'
import type { Missed } from '../forwarding/missed.ts'
import type { Audit } from '../journal/audit.ts'
import type { StatusHistory } from '../journal/status-history.ts'
import type { Examination } from '../modules/examine.ts'
import type { Moves } from '../modules/moves.ts'
import type { ProbeResult } from '../modules/probe.ts'
import type { StillAlive } from '../modules/still-alive.ts'
import type { Backup } from '../registry/backup.ts'
import type { Registration } from '../modules/registration.ts'
import type { Registry } from '../registry/registry.ts'
import type { RouteBook } from '../routing/route-book.ts'
import type { ExplainParts } from './explain-parts.ts'
import type { Sessions } from './sessions.ts'
import type { Views } from './view.ts'

/** What became of reading the configuration file again. */
export type ReloadOutcome =
  | { readonly result: 'done'; readonly changes: readonly ReloadChange[] }
  /** The file has faults; nothing was changed, as in all that follow. */
  | { readonly result: 'invalid'; readonly faults: readonly FileFault[] }
  | { readonly result: 'restart_needed'; readonly keys: readonly string[] }
  | { readonly result: 'contradiction'; readonly detail: string }
  | { readonly result: 'no_file' }

/** A key of the file with its values, or the names that came, went or changed in its list; no secrets. */
export interface ReloadChange {
  /** `forwarding.timeout`. */
  readonly key: string
  /** As the file writes them; absent for lists and secrets. */
  readonly before?: string
  readonly after?: string
  /** Names in a list: ids of platforms, names of admin tokens. */
  readonly added?: readonly string[]
  readonly removed?: readonly string[]
  readonly changed?: readonly string[]
}

export interface FileFault {
  readonly file: string
  readonly line: number
  readonly col: number
  readonly message: string
}

export interface Operations {
  /** Reads the configuration file again, all or nothing; `who` is for the audit trail. Never rejects. */
  reload(who: string): Promise<ReloadOutcome>
  /** What `reload` would do now; changes nothing. Never rejects. */
  previewReload(): Promise<ReloadOutcome>
  readonly routes: RouteBook
  readonly missed: Pick<Missed, 'of' | 'count'>
  readonly history: Pick<StatusHistory, 'of' | 'since'>
  readonly views: Views
  /** Of the dashboard, on all hubs. */
  readonly sessions: Sessions
  readonly captures: Captures
  readonly explain: ExplainParts
  readonly audit: Audit
  /** Where the hub's versions are: what a partner is told together with its token. */
  readonly versionsUrl: string
  readonly registry: Registry
  readonly registration: Registration
  readonly moves: Pick<Moves, 'list' | 'allow' | 'cancel'>
  readonly backup: Backup
  /** Whether the hub may call a URL as it is written. */
  readonly allowsUrl: (url: URL) => boolean
  /** How near a platform is to OFFLINE. */
  readonly outlook: StillAlive['outlook']
  /** Asks a platform now whether it is there; `undefined` if there is none. */
  probe(platformId: string): Promise<ProbeResult | undefined>
  /** Examines what is at a versions URL, with the token its operator gave. */
  examine(party: { readonly url: string; readonly token: string }): Promise<Examination>
}
