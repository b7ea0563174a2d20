// What operators can do to a running hub, as the calls of the admin side are given it.

import type { Audit } from '../journal/audit.ts'
import type { Examination } from '../modules/examine.ts'
import type { ProbeResult } from '../modules/probe.ts'
import type { Backup } from '../registry/backup.ts'
import type { Registration } from '../modules/registration.ts'
import type { Registry } from '../registry/registry.ts'
import type { RouteBook } from '../routing/route-book.ts'
import type { ExplainParts } from './explain-parts.ts'

export interface Operations {
  readonly routes: RouteBook
  readonly explain: ExplainParts
  readonly audit: Audit
  /** Where the hub's versions are: what a partner is told together with its token. */
  readonly versionsUrl: string
  readonly registry: Registry
  readonly registration: Registration
  readonly backup: Backup
  /** Asks a platform now whether it is there; `undefined` if there is none. */
  probe(platformId: string): Promise<ProbeResult | undefined>
  /** Examines what is at a versions URL, with the token its operator gave. */
  examine(party: { readonly url: string; readonly token: string }): Promise<Examination>
}
