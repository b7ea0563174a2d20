// When the TLS certificates of platforms end, learnt from the connections that the hub makes to them anyway. Bounded
// by the platforms there are, and by origins per platform, which call-backs could otherwise make many of.

import { TLSSocket } from 'node:tls'
import type { buildConnector } from 'undici'

export interface Certificates {
  /** The connector, watched for one platform and origin. */
  watch(connect: buildConnector.connector, platformId: string, origin: string): buildConnector.connector
  /** When the first of a platform's certificates ends, in milliseconds since the epoch; `undefined` if it has none. */
  endOf(platformId: string): number | undefined
  /** Platforms with certificates, and when the first of theirs ends. */
  ends(): readonly (readonly [platformId: string, end: number])[]
  retain(isLive: (platformId: string) => boolean): void
}

/** Origins of one platform that anything is kept of; parties choose those of call-backs. */
export const ORIGINS_MAX = 16

export function createCertificates(): Certificates {
  const platforms = new Map<string, Map<string, number>>()

  function note(platformId: string, origin: string, socket: unknown): void {
    if (!(socket instanceof TLSSocket)) return
    const end = Date.parse(socket.getPeerX509Certificate()?.validTo ?? '')
    if (Number.isNaN(end)) return
    const origins = platforms.get(platformId) ?? new Map<string, number>()
    platforms.set(platformId, origins)
    // Set anew, so that the origin that was connected to longest ago stands first and goes first.
    origins.delete(origin)
    if (origins.size >= ORIGINS_MAX) origins.delete(origins.keys().next().value!)
    origins.set(origin, end)
  }

  function endOf(platformId: string): number | undefined {
    const origins = platforms.get(platformId)
    return origins && Math.min(...origins.values())
  }

  return {
    watch: (connect, platformId, origin) => (options, callback) =>
      connect(options, (...result: Parameters<buildConnector.Callback>) => {
        note(platformId, origin, result[1])
        callback(...result)
      }),
    endOf,
    ends: () => [...platforms.keys()].map((platformId) => [platformId, endOf(platformId)!] as const),
    retain(isLive) {
      for (const platformId of platforms.keys()) if (!isLive(platformId)) platforms.delete(platformId)
    },
  }
}
