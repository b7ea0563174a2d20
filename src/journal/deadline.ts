// How long something is waited for, by a process that may have been held up itself.

/** Rejects after that time, unless it is cancelled before. */
export function deadline(milliseconds: number): { promise: Promise<never>; cancel: () => void } {
  let timer: NodeJS.Timeout | undefined
  const promise = new Promise<never>((_, reject) => {
    // After what has come meanwhile was read: this process may have been held up, not the answer.
    const end = (): void => reject(new Error(`no answer in ${Math.round(milliseconds)} ms`))
    timer = setTimeout(() => setImmediate(end), milliseconds)
  })
  promise.catch(() => undefined)
  return { promise, cancel: () => clearTimeout(timer) }
}
