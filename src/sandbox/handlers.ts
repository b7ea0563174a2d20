// Which handler answers a request to a sandbox party: ONE ROW PER BEHAVIOUR, and for an ordinary party one per
// endpoint.

import { answerChargingProfiles, answerCommands } from './commands.ts'
import { answerDialect } from './dialect-codes.ts'
import { answerBig, answerCut, answerHtml, answerStatuses } from './failing.ts'
import {
  answerCdrs,
  answerLocations,
  answerResult,
  answerSessions,
  answerTariffs,
  answerTokens,
} from './owned.ts'
import type { Behaviour } from './party.ts'
import { answerPushed, answerPushedCdrs } from './pushed.ts'
import { answerUnknown } from './reply.ts'
import type { Handler } from './request.ts'

const ORDINARY: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ['SENDER locations', answerLocations],
  ['SENDER tariffs', answerTariffs],
  ['SENDER sessions', answerSessions],
  ['SENDER cdrs', answerCdrs],
  ['SENDER tokens', answerTokens],
  ['SENDER commands', answerResult],
  ['SENDER chargingprofiles', answerResult],
  ['RECEIVER locations', answerPushed],
  ['RECEIVER tariffs', answerPushed],
  ['RECEIVER sessions', answerPushed],
  ['RECEIVER cdrs', answerPushedCdrs],
  ['RECEIVER tokens', answerPushed],
  ['RECEIVER hubclientinfo', answerPushed],
  ['RECEIVER commands', answerCommands],
  ['RECEIVER chargingprofiles', answerChargingProfiles],
])

const answerOrdinary: Handler = (request, running) =>
  ORDINARY.get(`${request.role} ${request.module}`)?.(request, running) ??
  answerUnknown(2000, 'this endpoint')

/** Behaviours that answer requests to their endpoints; the others never come to that. */
export const HANDLERS: Readonly<Partial<Record<Behaviour, Handler>>> = {
  ordinary: answerOrdinary,
  html: answerHtml,
  cut: answerCut,
  big: answerBig,
  statuses: answerStatuses,
  dialect: answerDialect,
}
