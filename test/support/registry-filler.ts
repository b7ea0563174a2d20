// Registries with thousands of parties, made in one go: for start times, lists and benchmarks.

import type { RegistryBackup } from '../../src/registry/backup.ts'
import { exportRegistry } from '../../src/registry/backup.ts'
import { createRegistry } from '../../src/registry/create-registry.ts'
import { createMemoryStore } from '../../src/registry/memory.ts'
import type { Platform } from '../../src/registry/platform.ts'
import { platform, role, SECRET } from './platforms.ts'

export interface Population {
  readonly platforms: number
  readonly partiesEach: number
  /** Changes platform number `index`. */
  readonly change?: (platform: Platform, index: number) => Platform
}

/** `SE-00A`: a party by its number, up to 46,656 to a country. */
export function numberedParty(number: number): string {
  const country = ['SE', 'FI', 'DK', 'NO'][Math.floor(number / 46_656)]!
  return `${country}-${(number % 46_656).toString(36).toUpperCase().padStart(3, '0')}`
}

/** The registry as `ocpi-hub registry export` writes it, sealed with the secret of the tests. */
export async function fillRegistry(population: Population): Promise<RegistryBackup> {
  const { platforms, partiesEach, change = (one) => one } = population
  const store = createMemoryStore()
  const registry = await createRegistry(store, { secretKeys: [SECRET] })
  const writes: Promise<unknown>[] = []
  for (let index = 0; index < platforms; index++) {
    const roles = Array.from({ length: partiesEach }, (_, party) =>
      role(`${numberedParty(index * partiesEach + party)} ${index % 2 === 0 ? 'CPO' : 'EMSP'}`),
    )
    writes.push(registry.put(change(platform(`p${index}`, { roles }), index)))
  }
  await Promise.all(writes)
  await registry.close()
  return exportRegistry(store)
}
