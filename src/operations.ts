// Wires what operators can do to a running hub: the functions behind the writing calls of the admin side.

import type { Operations, ReloadOutcome } from './admin/operations.ts'
import { describeMove } from './admin/moves.ts'
import { createSessions, ENDED_SESSIONS, type EndedSessions } from './admin/sessions.ts'
import { createViews, REVOCATIONS, type Revocations, type ViewParts, type Views } from './admin/view.ts'
import type { Base } from './base.ts'
import type { ConfigResult } from './config/load.ts'
import { type Capture, CAPTURE_ORDERS, type CaptureOrders, createCaptures } from './forwarding/captures.ts'
import type { Audit } from './journal/audit.ts'
import { createStatusHistory } from './journal/status-history.ts'
import { counted } from './journal/text.ts'
import { clockOf } from './modules/clock.ts'
import { examine } from './modules/examine.ts'
import { createMoves, type Move, type Moves } from './modules/moves.ts'
import type { Registration } from './modules/registration.ts'
import type { StillAlive } from './modules/still-alive.ts'
import { partyKey } from './ocpi/party.ts'
import { OFFERABLE_VERSIONS } from './ocpi/version.ts'
import { createLinkBackup } from './links/link-backup.ts'
import { createBackup } from './registry/backup.ts'
import { openLiveSetting } from './registry/live-setting.ts'
import { watchStatus } from './registry/status-watch.ts'
import { createReload, type Reload } from './reload.ts'

/** In a backup of a hub that runs: some 15 MB, which it has to hold for a moment. */
const BACKUP_LINKS_MAX = 50_000
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
  const { config, log, registry, stores, send, audit } = base
  const { registration, stillAlive } = parts
  const history = createStatusHistory({ trail: stores.trail({ name: 'status', max: CHANGES_MAX }), log })
  const unwatch = watchStatus(registry, stores.lease, (id, status, at) => void history.note(id, status, at))
  const { settings } = stores
  const revoked = await openLiveSetting(settings, { name: 'view-links', read: readRevocations, log })
  const ended = await openLiveSetting(settings, { name: 'sessions', read: readEnded, log })
  const orders = await openLiveSetting(settings, { name: 'captures', read: readOrders, log })
  const reload = createReload(base, parts.load)
  const sessions = createSessions({ keys: base.keyring.keys('sessions'), ended, now: stores.now })
  const captures = createCaptures({
    orders,
    shelf: stores.shelf,
    now: stores.now,
    hub: base.instance,
    onEnd: (capture) => void auditEnd(audit, capture),
  })
  const moves = openMoves(base, audit)
  return {
    close() {
      unwatch()
      moves.close()
      captures.close()
      sessions.stop()
      for (const setting of [revoked, ended, orders]) setting.close()
    },
    audit,
    captures,
    sessions,
    history,
    views: openViews(base, { history, revoked }),
    reload: auditedReload(reload, audit),
    previewReload: () => reload.preview(),
    versionsUrl: `${config.hub.publicUrl}/ocpi/versions`,
    registry,
    registration,
    moves,
    backup: createBackup(
      { ...stores, links: createLinkBackup(stores.links, base.keyring, { max: BACKUP_LINKS_MAX }) },
      base.keyring,
    ),
    routes: base.routes,
    missed: base.missed.missed,
    explain: {
      context: () => ({
        table: registry.table(),
        rules: base.routes.rules(),
        hub: partyKey(config.hub),
        via: base.viaName,
        owners: base.owners,
      }),
      limits: base.limits,
      inFlight: (id) => send.inFlight(id),
      options: () => ({ ...base.live.forwarding, ...base.live.arrival }),
    },
    outlook: (id) => stillAlive.outlook(id),
    allowsUrl: send.guard.allowsUrl,
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

function readEnded(json: unknown): EndedSessions | undefined {
  return ENDED_SESSIONS.safeParse(json).data
}

function readOrders(json: unknown): CaptureOrders | undefined {
  return CAPTURE_ORDERS.safeParse(json).data
}

function auditEnd(audit: Audit, { id, party, module, kept }: Capture): Promise<void> {
  const detail = `${module} of ${party}, ${counted(kept, 'exchange')}`
  return audit.record({ who: 'the hub', action: 'capture.end', target: id, detail })
}

function openViews(
  { config, journal, missed, registry, keyring, log, stores }: Base,
  kept: Pick<ViewParts, 'history' | 'revoked'>,
): Views {
  return createViews({
    ...kept,
    hub: config.hub,
    journal,
    missed: missed.missed,
    registry,
    keys: keyring.keys('view links'),
    publicUrl: config.hub.publicUrl,
    log,
    now: stores.now,
  })
}

function openMoves({ registry, stores, log }: Base, audit: Audit): Moves {
  const onMoved = (move: Move): void => {
    const detail = describeMove(move)
    void audit.record({ who: 'the hub', action: 'party.moved', target: move.party, detail })
  }
  return createMoves({ registry, clock: clockOf(stores.now), lease: stores.lease, log, onMoved })
}

function auditedReload(reload: Reload, audit: Audit): Operations['reload'] {
  return async (who): Promise<ReloadOutcome> => {
    const outcome = await reload.run()
    await audit.record({ who, action: 'config.reload', ...describeReload(outcome) })
    return outcome
  }
}

/** For the audit trail; refusals with the HTTP status that the admin API gives them. */
function describeReload(outcome: ReloadOutcome): { readonly http_status?: number; readonly detail: string } {
  switch (outcome.result) {
    case 'done': {
      const keys = outcome.changes.map(({ key }) => key)
      return { detail: keys.length === 0 ? 'nothing has changed' : `changed: ${keys.join(', ')}` }
    }
    case 'invalid':
      return { http_status: 422, detail: `the file has ${counted(outcome.faults.length, 'fault')}` }
    case 'restart_needed':
      return { http_status: 409, detail: `needs a restart: ${outcome.keys.join(', ')}` }
    case 'contradiction':
      return { http_status: 409, detail: outcome.detail }
    case 'no_file':
      return { http_status: 409, detail: 'there is no file to read again' }
  }
}
