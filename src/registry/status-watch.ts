// Tells of every platform whose status changed, once for all hubs.

import type { Lease } from './lease.ts'
import type { Registry } from './registry.ts'

/** Watches the registry from now on; platforms that are new count, those that are gone do not. Gives the way to stop. */
export function watchStatus(
  registry: Pick<Registry, 'watch'>,
  lease: Pick<Lease, 'holds'>,
  told: (platformId: string, status: string) => void,
): () => void {
  return registry.watch((_after, _before, changes) => {
    if (!lease.holds()) return
    for (const { old, now } of changes) {
      if (now && now.platform.status !== old?.platform.status) told(now.platform.id, now.platform.status)
    }
  })
}
