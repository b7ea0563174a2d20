// Wires what operators can do to a running hub: the functions behind the writing calls of the admin side.

import type { Operations, ReloadOutcome } from './admin/operations.ts'
import type { Base } from './base.ts'
import type { ConfigResult } from './config/load.ts'
import { type Audit, createAudit } from './journal/audit.ts'
import { examine } from './modules/examine.ts'
import type { Registration } from './modules/registration.ts'
import type { StillAlive } from './modules/still-alive.ts'
import { OFFERABLE_VERSIONS } from './ocpi/version.ts'
import { createBackup } from './registry/backup.ts'
import { createReload } from './reload.ts'

const AUDIT_ENTRIES_MAX = 10_000
/** People wait for an examination: for one request, and for all of it. */
const EXAMINE_REQUEST_MS = 5_000
const EXAMINE_TOTAL_MS = 30_000

/** What the operations need besides the base. */
export interface OperationsParts {
  readonly registration: Registration
  readonly stillAlive: StillAlive
  /** Reads the configuration file again. */
  readonly load?: () => Promise<ConfigResult>
}

export function createOperations(base: Base, parts: OperationsParts): Operations {
  const { config, log, registry, stores, send } = base
  const { registration, stillAlive } = parts
  const audit = createAudit({ trail: stores.trail({ name: 'audit', max: AUDIT_ENTRIES_MAX }), log })
  return {
    audit,
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
