// Whether a store is well, when it is looked at while everything in it is being read.

import { setImmediate as turn } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { Fault } from '../../../src/faults/fault.ts'
import type { Mirror } from '../../../src/registry/mirror.ts'
import type { RegistryStore, StoreHint } from '../../../src/registry/store.ts'
import { createUpkeep } from '../../../src/registry/upkeep.ts'
import { waitFor } from '../../support/wait.ts'

const HEAD = { schema: 2, birth: 'born', revision: 1 }
const unreadable = () => Promise.reject(new Fault('store_unavailable', { detail: 'it cannot be read' }))

it('a store is not well again by its head alone, while it is not known whether all the rest can be read', async () => {
  const told: string[] = []
  const answers: (() => Promise<boolean>)[] = [() => Promise.resolve(true), unreadable]
  let pulls = 0
  let heads = 0
  let hint: (one: StoreHint) => void = () => undefined
  const store = {
    shared: true,
    head: () => Promise.resolve(HEAD).finally(() => heads++),
    watch(listener: typeof hint) {
      hint = listener
      return () => undefined
    },
  } as Partial<RegistryStore> as RegistryStore
  const mirror = {
    head: () => HEAD,
    pull: () => answers[Math.min(pulls++, answers.length - 1)]!(),
  } as Partial<Mirror> as Mirror
  const note = (_about: object, words: string): void => void told.push(words)
  const log = { info: note, warn: note }
  const upkeep = createUpkeep(store, { mirror, pollMs: 3_600_000, restMs: () => 0, log })
  await upkeep.start()
  hint('reconnected')
  await waitFor(() => upkeep.problem() === 'it cannot be read')

  let fail = (): void => undefined
  answers.push(() => new Promise<void>((resolve) => (fail = resolve)).then(unreadable))
  hint('reconnected')
  await waitFor(() => pulls === 3)
  const looked = upkeep.catchUp()
  await waitFor(() => heads === 1)
  await turn()
  expect(upkeep.problem()).toBe('it cannot be read')
  fail()
  await looked
  upkeep.stop()
  expect(upkeep.problem()).toBe('it cannot be read')
  expect(told).toEqual(['the registry store is well again', 'the registry store is not well'])
})
