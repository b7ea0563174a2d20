// Work that must not overlap: each piece begins when the one before has ended, well or not.

export type OneByOne = <Result>(work: () => Promise<Result>) => Promise<Result>

/** A queue of its own; gives what the work gives, and its error. */
export function oneByOne(): OneByOne {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const done = last.then(work)
    last = done.catch(() => undefined)
    return done
  }
}
