// Waiting for what must become true: tests never wait for a fixed time.

/**
 * Calls `condition` until it gives something truthy and gives that back.
 * Throws after `limitMs` with the last error or value, so that a hang names what it waited for: long, because a busy
 * machine is no hang, and shorter than a test may take.
 */
export async function waitFor<Value>(
  condition: () => Value | Promise<Value>,
  { limitMs = 20_000, what = 'the condition' }: { limitMs?: number; what?: string } = {},
): Promise<NonNullable<Value>> {
  const end = performance.now() + limitMs
  let last: unknown
  for (;;) {
    try {
      const value = await condition()
      if (value) return value
      last = value
    } catch (error) {
      last = error
    }
    if (performance.now() > end) throw new Error(`${what} did not come in ${limitMs} ms`, { cause: last })
    await pause(5)
  }
}

/** Lets `milliseconds` pass: for scripted delays of test servers, never for synchronising a test. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
