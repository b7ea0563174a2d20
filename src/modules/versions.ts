// Version list and version details of the hub (R13-R18). Every URL starts from the configured public URL, never
// from a Host header; details differ by who asks (R20).

import { Fault } from '../faults/fault.ts'
import type { VersionNumber } from '../ocpi/version.ts'
import { hubEndpoints } from './endpoints.ts'
import type { ModuleHandler, ModuleRequest } from './module.ts'

export interface VersionsOptions {
  /** Without a trailing slash. */
  readonly publicUrl: string
  readonly versions: readonly VersionNumber[]
}

/** Handlers of the version list and of the details of one version. Both know GET only. */
export function createVersions(options: VersionsOptions): {
  readonly versions: ModuleHandler
  readonly details: ModuleHandler
} {
  const { publicUrl } = options
  return {
    versions(request) {
      allow(request, ['GET'])
      return { data: options.versions.map((version) => ({ version, url: `${publicUrl}/ocpi/${version}` })) }
    },
    details(request) {
      const { version, connection } = request
      if (!version || !options.versions.includes(version)) throw new Fault('url_unknown')
      allow(request, ['GET'])
      return { data: { version, endpoints: hubEndpoints(publicUrl, version, connection.platform) } }
    },
  }
}

/** Throws `method_unsupported` with an Allow header unless the method is one of these, `url_unknown` for a path below. */
export function allow(request: Pick<ModuleRequest, 'method' | 'rest'>, methods: readonly string[]): void {
  if (request.rest !== '' && request.rest !== '/') throw new Fault('url_unknown')
  if (!methods.includes(request.method)) {
    throw new Fault('method_unsupported', { headers: { Allow: methods.join(', ') } })
  }
}
