// Collects the garbage of this process, so that a WeakRef tells what is held.

import { setTimeout as pause } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void

/** Resolves when all that nothing refers to is gone. */
export async function collectOwnGarbage(): Promise<void> {
  // What a WeakRef has given stays until the end of its turn.
  await pause(0)
  gc()
}
