// Durations and sizes as operators write them. A number without a unit is nothing here.

import { readUnits, unitsText } from '../routing/units.ts'

export { DURATION, durationText, readDuration } from '../routing/units.ts'

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

export const SIZE = /^(\d+(?:\.\d+)?) ?(B|[kK]B|MB|GB|KiB|MiB|GiB)$/

/** `10MiB` -> 10485760 bytes, `10MB` -> 10000000; `undefined` for anything else. */
export function readSize(text: string): number | undefined {
  return readUnits(SIZE, text, SIZE_UNITS)
}

/** 1048576 -> `1MiB`. */
export function sizeText(bytes: number): string {
  return unitsText(bytes, SIZE_UNITS)
}
