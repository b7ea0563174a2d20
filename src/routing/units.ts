// Durations as operators write them, in the file and in the admin API. A number without a unit is nothing here.

const DURATION_UNITS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const

export const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/

/** `30s` -> 30000 milliseconds; `undefined` for anything else. */
export function readDuration(text: string): number | undefined {
  return readUnits(DURATION, text, DURATION_UNITS)
}

/** 90000 -> `90s`: the largest unit that gives a whole number. */
export function durationText(ms: number): string {
  return unitsText(ms, DURATION_UNITS)
}

/** Names of units with their factors, the largest first. */
export type Units = Readonly<Record<string, number>>

/** Reads a number with a unit; the two groups of the pattern are the number and the unit. */
export function readUnits(pattern: RegExp, text: string, units: Units): number | undefined {
  const [, count, unit] = pattern.exec(text) ?? []
  return unit === undefined ? undefined : Math.round(Number(count) * units[unit]!)
}

/** Writes a number with the largest unit that gives a whole number. */
export function unitsText(value: number, units: Units): string {
  const [unit, factor] = Object.entries(units).find(([, candidate]) => value % candidate === 0) ?? ['', 1]
  return `${value / factor}${unit}`
}
