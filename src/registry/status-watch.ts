// Tells of every platform whose status changed, once for all hubs.

import type { Lease } from './lease.ts'
import type { Registry } from './registry.ts'
import { createToldOnce } from './told-once.ts'

/**
 * Watches the registry from now on; platforms that are new count, those that are gone and those that are read for the
 * first time do not. `at` = when it changed, in milliseconds since the epoch. Gives the way to stop.
 */
export function watchStatus(
  registry: Pick<Registry, 'watch' | 'health'>,
  lease: Pick<Lease, 'holds' | 'onTaken'>,
  told: (platformId: string, status: string, at: number) => void,
): () => void {
  const once = createToldOnce(lease)
  let isRead = registry.health().loaded
  const unwatch = registry.watch((_after, _before, changes) => {
    if (!isRead) return void (isRead = registry.health().loaded)
    const at = Date.now()
    for (const { old, now } of changes) {
      if (!now || now.platform.status === old?.platform.status) continue
      const { id, status } = now.platform
      once.tell(() => told(id, status, at))
    }
  })
  return () => {
    unwatch()
    once.close()
  }
}
