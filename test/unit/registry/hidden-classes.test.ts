// Platforms, connections and parties in the table are of one hidden class each, however they came there: what reads
// them is on the path of every request, and V8 compiles it for few classes only.

import { describe, expect, it } from 'vitest'
import { withStatus } from '../../../src/modules/platform-change.ts'
import { createRegistry } from '../../../src/registry/create-registry.ts'
import { createMemoryStore } from '../../../src/registry/memory.ts'
import type { Registry } from '../../../src/registry/registry.ts'
import type { RoutingTable } from '../../../src/registry/routing-table.ts'
import { countClasses } from '../../support/hidden-classes.ts'
import { platform, role, SECRET } from '../../support/platforms.ts'

const PLATFORMS = 60
const CHANGES = 4

function classesIn({ connections }: RoutingTable): Record<string, number> {
  const all = [...connections.values()]
  return {
    platforms: countClasses(all.map((connection) => connection.platform)),
    roles: countClasses(all.flatMap((connection) => connection.platform.roles)),
    connections: countClasses(all),
    entries: countClasses(all.flatMap(({ parties }) => [...parties.values()].flat())),
  }
}

const party = (index: number) => role(`NL-A${String(index).padStart(2, '0')} CPO`)

/** Changes the status of all platforms, to and fro. */
async function setAll(registry: Registry, turn: number): Promise<void> {
  const status = turn % 2 === 0 ? 'OFFLINE' : 'CONNECTED'
  const now = [...registry.table().connections.values()].map((connection) => connection.platform)
  await Promise.all(now.map((one) => registry.put(withStatus(one, status, turn))))
}

const ONE_EACH = { platforms: 1, roles: 1, connections: 1, entries: 1 }

describe('the routing table', () => {
  it('has objects of one hidden class, read from the store and after changes', async () => {
    const store = createMemoryStore()
    const first = await createRegistry(store, { secretKeys: [SECRET] })
    const ids = Array.from({ length: PLATFORMS }, (_, index) => `p${index}`)
    await Promise.all(ids.map((id, index) => first.put(platform(id, { roles: [party(index)] }))))

    const registry = await createRegistry(store, { secretKeys: [SECRET] })
    expect(classesIn(registry.table())).toEqual(ONE_EACH)
    for (let turn = 0; turn < CHANGES; turn++) {
      await setAll(registry, turn)
      expect(classesIn(registry.table())).toEqual(ONE_EACH)
    }
    await registry.close()
  })

  it('has them of platforms of the configuration file too', async () => {
    const filePlatforms = Array.from({ length: PLATFORMS }, (_, index) =>
      platform(`p${index}`, { source: 'file', roles: [party(index)] }),
    )
    const registry = await createRegistry(createMemoryStore(), { secretKeys: [SECRET], filePlatforms })
    for (let turn = 0; turn < CHANGES; turn++) {
      await setAll(registry, turn)
      expect(classesIn(registry.table())).toEqual(ONE_EACH)
    }
    await registry.close()
  })
})
