// Configuration requests: versions, version details, credentials, HubClientInfo. Answered by the hub's own
// modules, never routed; routing headers are neither read nor written (R23).

import type { ServerResponse } from 'node:http'
import { Fault } from '../faults/fault.ts'
import type { ModuleHandler } from '../modules/module.ts'
import { writeEnvelope } from '../ocpi/envelope.ts'
import { toMessage } from '../routing/message.ts'
import type { OcpiUrl } from './routes.ts'
import { type IsRead, notRead } from './unread.ts'
import { answerFault, answerVisit, type Visit, type VisitParts } from './visit.ts'

type ConfigurationKind = Exclude<OcpiUrl['kind'], 'functional'>

export interface ConfigurationParts extends VisitParts {
  readonly modules: Readonly<Record<ConfigurationKind, ModuleHandler>>
  readonly isRead: IsRead
}

// A registration token opens these alone (R6); HubClientInfo is for the registered.
const OPEN_TO_REGISTRATION: readonly ConfigurationKind[] = ['versions', 'details', 'credentials']
const TELLS_OF_OTHERS: readonly ConfigurationKind[] = ['credentials', 'hubclientinfo']
/** Names of the modules in journal and metrics. */
const MODULE_OF: Readonly<Record<ConfigurationKind, string>> = {
  versions: 'versions',
  details: 'versions',
  credentials: 'credentials',
  hubclientinfo: 'hubclientinfo',
  'hubclientinfo-receiver': 'hubclientinfo',
}

/** Answers a configuration request. Never rejects. */
export async function handleConfiguration(
  visit: Visit,
  url: Exclude<OcpiUrl, { kind: 'functional' }>,
  body: Buffer | undefined,
  response: ServerResponse,
  parts: ConfigurationParts,
): Promise<void> {
  const { exchange } = visit
  const admitted = visit.admitted!
  exchange.mode = 'configuration'
  exchange.module = MODULE_OF[url.kind]
  exchange.from = undefined
  exchange.to = undefined
  const version = url.kind === 'versions' ? undefined : url.version
  if (version) exchange.version = version
  try {
    if (admitted.token.purpose === 'registration' && !OPEN_TO_REGISTRATION.includes(url.kind)) {
      throw new Fault('token_not_for_this')
    }
    if (TELLS_OF_OTHERS.includes(url.kind) && !parts.isRead()) throw notRead()
    const checked = {
      version: version ?? '2.2.1',
      module: exchange.module,
      interface: 'SENDER',
      rest: '',
      query: '',
    } as const
    const answer = await parts.modules[url.kind]({
      connection: admitted.connection,
      token: admitted.token,
      tokenValue: admitted.value,
      tokenForm: admitted.form,
      version,
      method: exchange.method,
      rest: url.rest,
      query: url.query,
      body: toMessage(checked, exchange.method, visit.head, body).body,
    })
    const { data, statusCode = 1000, statusMessage, httpStatus = 200 } = answer
    const headers = ['Content-Type', 'application/json']
    for (const [name, value] of Object.entries(answer.headers ?? {})) headers.push(name, value)
    exchange.author = 'hub'
    exchange.code = statusCode
    exchange.httpStatus = httpStatus
    const text = writeEnvelope({ data, statusCode, statusMessage })
    answerVisit(visit, response, { httpStatus, headers, body: text }, parts)
  } catch (error) {
    answerFault(visit, response, error, parts)
  }
}
