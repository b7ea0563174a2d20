// How much a test does: a little in every run, as much as reliability asks for in `npm run soak`.

/** Minutes that the long tests are to last; `undefined` in an ordinary run. */
export const SOAK_MINUTES =
  process.env.SOAK_MINUTES === undefined ? undefined : Number(process.env.SOAK_MINUTES)

/** One number for every run, the other for `npm run soak`. */
export function soaked(usual: number, soak: number): number {
  return SOAK_MINUTES === undefined ? usual : soak
}
