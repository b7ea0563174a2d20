// Durations and sizes as operators write them. A number without a unit is nothing here.

const DURATION_UNITS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const
const SIZE_UNITS = {
  GiB: 2 ** 30,
  MiB: 2 ** 20,
  KiB: 2 ** 10,
  GB: 1e9,
  MB: 1e6,
  kB: 1e3,
  KB: 1e3,
  B: 1,
} as const

export const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/
export const SIZE = /^(\d+(?:\.\d+)?) ?(B|[kK]B|MB|GB|KiB|MiB|GiB)$/

/** `30s` -> 30000 milliseconds; `undefined` for anything else. */
export function readDuration(text: string): number | undefined {
  return read(DURATION, text, DURATION_UNITS)
}

/** `10MiB` -> 10485760 bytes, `10MB` -> 10000000; `undefined` for anything else. */
export function readSize(text: string): number | undefined {
  return read(SIZE, text, SIZE_UNITS)
}

/** 90000 -> `90s`: the largest unit that gives a whole number. */
export function durationText(ms: number): string {
  return write(ms, DURATION_UNITS)
}

/** 1048576 -> `1MiB`. */
export function sizeText(bytes: number): string {
  return write(bytes, SIZE_UNITS)
}

type Units = Readonly<Record<string, number>>

function read(pattern: RegExp, text: string, units: Units): number | undefined {
  const [, count, unit] = pattern.exec(text) ?? []
  return unit === undefined ? undefined : Math.round(Number(count) * units[unit]!)
}

function write(value: number, units: Units): string {
  const [unit, factor] = Object.entries(units).find(([, candidate]) => value % candidate === 0) ?? ['', 1]
  return `${value / factor}${unit}`
}
