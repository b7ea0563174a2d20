// How many hidden classes objects have: what reads those of many classes is not compiled well by V8.

import { setFlagsFromString } from 'node:v8'
import { runInThisContext } from 'node:vm'

setFlagsFromString('--allow-natives-syntax')
const isSameClass = runInThisContext('(one, other) => %HaveSameMap(one, other)') as (
  one: object,
  other: object,
) => boolean

export function countClasses(objects: readonly object[]): number {
  const found: object[] = []
  for (const object of objects) if (!found.some((one) => isSameClass(one, object))) found.push(object)
  return found.length
}
