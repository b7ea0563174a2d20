// When a refused write has a shared store read again: only where the refusal says what the hub did not know.

import { expect, it } from 'vitest'
import { createRegistry } from '../../../src/registry/create-registry.ts'
import { createMemoryStore } from '../../../src/registry/memory.ts'
import type { RegistryStore } from '../../../src/registry/store.ts'
import { kept, platform, role, SECRET } from '../../support/platforms.ts'
import { waitFor } from '../../support/wait.ts'

it('a refused write has the store read again only if the refusal is news', async () => {
  const records = new Map<string, string>()
  const store = createMemoryStore(records)
  let loads = 0
  let looks = 0
  const counted: RegistryStore = {
    ...store,
    shared: true,
    load: (since) => (loads++, store.load(since)),
    head: () => (looks++, store.head()),
  }
  const registry = await createRegistry(counted, { secretKeys: [SECRET], pollMs: 5 })
  const first = kept(await registry.put(platform('acme', { roles: [role('NL-CPO CPO')] })))
  // The very first write gave the store its birth.
  await waitFor(() => loads === 2)
  kept(await registry.put({ ...first, status: 'OFFLINE' }))

  expect(await registry.put(first)).toMatchObject({ conflict: 'stale' })
  expect(await registry.put({ ...first, id: 'gone' })).toMatchObject({ conflict: 'stale' })
  const rival = platform('rival', { roles: [role('NL-CPO CPO')] })
  expect(await registry.put(rival)).toMatchObject({ conflict: 'party', holder: 'acme' })
  const twin = platform('twin', { inbound: first.inbound })
  expect(await registry.put(twin)).toMatchObject({ conflict: 'token', holder: 'acme' })
  const seen = looks
  await waitFor(() => looks >= seen + 5)
  expect(loads).toBe(2)

  // Lost behind the hub's back, which the number of the last write does not tell.
  records.clear()
  const current = registry.table().connections.get('acme')!.platform
  expect(await registry.put({ ...current, status: 'CONNECTED' })).toMatchObject({ conflict: 'stale' })
  await waitFor(() => loads > 2)
  await registry.close()
})
