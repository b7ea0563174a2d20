// Wires what operators can do to a running hub: the functions behind the writing calls of the admin side.

import type { Operations } from './admin/operations.ts'
import type { Base } from './base.ts'
import { createAudit } from './journal/audit.ts'
import { examine } from './modules/examine.ts'
import type { Registration } from './modules/registration.ts'
import type { StillAlive } from './modules/still-alive.ts'
import { OFFERABLE_VERSIONS } from './ocpi/version.ts'
import { createBackup } from './registry/backup.ts'

const AUDIT_ENTRIES_MAX = 10_000
/** People wait for an examination: for one request, and for all of it. */
const EXAMINE_REQUEST_MS = 5_000
const EXAMINE_TOTAL_MS = 30_000

/** What the operations need besides the base. */
export interface OperationsParts {
  readonly registration: Registration
  readonly stillAlive: StillAlive
}

export function createOperations(base: Base, { registration, stillAlive }: OperationsParts): Operations {
  const { config, log, registry, stores, send } = base
  return {
    audit: createAudit({ trail: stores.trail({ name: 'audit', max: AUDIT_ENTRIES_MAX }), log }),
    versionsUrl: `${config.hub.publicUrl}/ocpi/versions`,
    registry,
    registration,
    backup: createBackup(stores, [stores.secret]),
    routes: base.routes,
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
      options: () => config.forwarding,
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
