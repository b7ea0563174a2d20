// The shape of the hub's own configuration modules: plain functions from a request to an answer, without HTTP
// server, so that http/ alone knows Fastify.

import type { Connection } from '../registry/routing-table.ts'
import type { InboundToken } from '../registry/platform.ts'
import type { TokenForm } from '../ocpi/token.ts'
import type { VersionNumber } from '../ocpi/version.ts'

export interface ModuleRequest {
  readonly connection: Connection
  readonly token: InboundToken
  /** The token as presented, in plain text, and the form it was written in (R4, R26). */
  readonly tokenValue: string
  readonly tokenForm: TokenForm
  /** Absent only for the version list. */
  readonly version: VersionNumber | undefined
  readonly method: string
  /** Raw path below the module: `''` or `/…`. */
  readonly rest: string
  /** Raw query with its `?`, or `''`. */
  readonly query: string
  /** Valid JSON, or absent. */
  readonly body: Buffer | undefined
}

export interface ModuleAnswer {
  /** 200 when absent. */
  readonly httpStatus?: number
  readonly data?: unknown
  /** 1000 when absent. */
  readonly statusCode?: number
  readonly statusMessage?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Throws Faults. */
export type ModuleHandler = (request: ModuleRequest) => Promise<ModuleAnswer> | ModuleAnswer
