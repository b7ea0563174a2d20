// Promises of the product in milliseconds, measured on a machine that does other things as well: never dropped, and
// never broken by a machine that was busy for a moment.

const TURNS = 4

/** Milliseconds that `act` takes. */
export async function timed(act: () => unknown): Promise<number> {
  const start = performance.now()
  await act()
  return performance.now() - start
}

/** Milliseconds of processor time of this process that `act`, which waits for nothing, takes. */
export function cpuMsOf(act: () => void): number {
  const before = process.cpuUsage()
  act()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000
}

/**
 * Fails when each of four turns takes `limitMs` or more: what is late by its making is late every time, a busy machine
 * is not. `act` gives the milliseconds that its turn (from 0 on) took.
 */
export async function inTime(limitMs: number, act: (turn: number) => Promise<number>): Promise<void> {
  const took: number[] = []
  for (let turn = 0; turn < TURNS; turn++) {
    const tookMs = await act(turn)
    if (tookMs < limitMs) return
    took.push(Math.round(tookMs))
  }
  throw new Error(`took ${took.join(', ')} ms instead of less than ${limitMs} ms`)
}
