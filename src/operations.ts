// Wires what operators can do to a running hub: the functions behind the writing calls of the admin side.

import type { Operations, ReloadOutcome } from './admin/operations.ts'
import { createViews, REVOCATIONS, type Revocations } from './admin/view.ts'
import type { Base } from './base.ts'
import type { ConfigResult } from './config/load.ts'
import { type Capture, createCaptures } from './forwarding/captures.ts'
import { type Audit, createAudit } from './journal/audit.ts'
import { createStatusHistory } from './journal/status-history.ts'
import { examine } from './modules/examine.ts'
import type { Registration } from './modules/registration.ts'
import type { StillAlive } from './modules/still-alive.ts'
import { OFFERABLE_VERSIONS } from './ocpi/version.ts'
import { partyKey } from './ocpi/party.ts'
import { createBackup } from './registry/backup.ts'
import { openLiveSetting } from './registry/live-setting.ts'
import { watchStatus } from './registry/status-watch.ts'
import { createReload } from './reload.ts'

const AUDIT_ENTRIES_MAX = 10_000
/** Changes of status of all platforms together. */
const CHANGES_MAX = 10_000
/** People wait for an examination: for one request, and for all of it. */
const EXAMINE_REQUEST_MS = 5_000
const EXAMINE_TOTAL_MS = 30_000

export interface OpenOperations extends Operations {
  close(): void
}

/** What the operations need besides the base. */
export interface OperationsParts {
  readonly registration: Registration
  readonly stillAlive: StillAlive
  /** Reads the configuration file again. */
  readonly load?: () => Promise<ConfigResult>
}

/** Opens what the operations need; `close` ends it. */
export async function openOperations(base: Base, parts: OperationsParts): Promise<OpenOperations> {
  const { config, log, registry, stores, send } = base
  const { registration, stillAlive } = parts
  const audit = createAudit({ trail: stores.trail({ name: 'audit', max: AUDIT_ENTRIES_MAX }), log })
  const history = createStatusHistory({ trail: stores.trail({ name: 'status', max: CHANGES_MAX }), log })
  const unwatch = watchStatus(registry, stores.lease, (id, status) => void history.note(id, status))
  const revoked = await openLiveSetting(stores.settings, { name: 'view-links', read: readRevocations, log })
  const captures = createCaptures({ onEnd: (capture) => void auditEnd(audit, capture) })
  return {
    close() {
      unwatch()
      captures.close()
      revoked.close()
    },
    audit,
    captures,
    history,
    views: createViews({
      hub: config.hub,
      journal: base.journal,
      history,
      missed: base.missed.missed,
      registry,
      key: base.key('view links'),
      publicUrl: config.hub.publicUrl,
      revoked,
      log,
    }),
    reload: auditedReload(base, parts, audit),
    versionsUrl: `${config.hub.publicUrl}/ocpi/versions`,
    registry,
    registration,
    backup: createBackup(stores, [stores.secret]),
    routes: base.routes,
    missed: base.missed.missed,
    explain: {
      context: () => ({
        table: registry.table(),
        rules: base.routes.rules(),
        hub: config.hub,
        hubKey: partyKey(config.hub),
        via: base.viaName,
        owners: base.owners,
      }),
      limits: base.limits,
      inFlight: (id) => send.inFlight(id),
      options: () => base.live.forwarding,
    },
    probe: (id) => stillAlive.probe(id),
    examine: (party) =>
      examine(party, {
        network: config.network,
        versions: OFFERABLE_VERSIONS.filter((version) => config.hub.versions.includes(version)),
        from: config.hub,
        timeoutMs: EXAMINE_REQUEST_MS,
        totalMs: EXAMINE_TOTAL_MS,
      }),
  }
}

function readRevocations(json: unknown): Revocations | undefined {
  return REVOCATIONS.safeParse(json).data
}

function auditEnd(audit: Audit, { id, party, module, kept }: Capture): Promise<void> {
  const detail = `${module} of ${party}, ${kept.length} exchanges`
  return audit.record({ who: 'the hub', action: 'capture.end', target: id, detail })
}

function auditedReload(base: Base, { load }: OperationsParts, audit: Audit): Operations['reload'] {
  const reload = createReload(base, load)
  return async (who): Promise<ReloadOutcome> => {
    const outcome = await reload.run()
    if (outcome.result === 'done' && outcome.changes.length > 0) {
      const keys = outcome.changes.map(({ key }) => key).join(', ')
      await audit.record({ who, action: 'config.reload', detail: `changed: ${keys}` })
    }
    return outcome
  }
}
