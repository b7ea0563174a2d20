// A large map with a few values replaced: a change costs as much as the patch, not as the map. Keys, their number and
// their order are those of the map below. Immutable like it.

// The patch is copied with every change: a tenth of the map at most.
const SHARE_MAX = 10

interface Patched<Value> extends ReadonlyMap<string, Value> {
  readonly base: ReadonlyMap<string, Value>
  readonly patch: ReadonlyMap<string, Value>
}

/** `map` with the values of `changes`, whose keys it must have. Once much is patched it is a plain map again. */
export function patchMap<Value>(
  map: ReadonlyMap<string, Value>,
  changes: ReadonlyMap<string, Value>,
): ReadonlyMap<string, Value> {
  if (changes.size === 0) return map
  const base = baseOf(map)
  const patch = isPatched(map) ? new Map([...map.patch, ...changes]) : changes
  if (patch.size * SHARE_MAX <= base.size) return toPatched(base, patch)
  const whole = new Map(base)
  for (const [key, value] of patch) whole.set(key, value)
  return whole
}

/** Every key whose value may not be the same in both maps; few when one was patched from the other. */
export function keysToCompare<Value>(
  one: ReadonlyMap<string, Value>,
  other: ReadonlyMap<string, Value>,
): ReadonlySet<string> {
  const isPatch = baseOf(one) === baseOf(other)
  const keysOf = (map: ReadonlyMap<string, Value>) => (isPatch ? patchedKeys(map) : map.keys())
  return new Set([...keysOf(one), ...keysOf(other)])
}

function baseOf<Value>(map: ReadonlyMap<string, Value>): ReadonlyMap<string, Value> {
  return isPatched(map) ? map.base : map
}

function patchedKeys<Value>(map: ReadonlyMap<string, Value>): Iterable<string> {
  return isPatched(map) ? map.patch.keys() : []
}

function isPatched<Value>(map: ReadonlyMap<string, Value>): map is Patched<Value> {
  return 'patch' in map
}

function toPatched<Value>(
  base: ReadonlyMap<string, Value>,
  patch: ReadonlyMap<string, Value>,
): Patched<Value> {
  function* entries(): MapIterator<[string, Value]> {
    for (const [key, value] of base) yield [key, patch.get(key) ?? value]
    return undefined
  }
  function* values(): MapIterator<Value> {
    for (const [key, value] of base) yield patch.get(key) ?? value
    return undefined
  }
  const map: Patched<Value> = {
    base,
    patch,
    size: base.size,
    get: (key) => patch.get(key) ?? base.get(key),
    has: (key) => base.has(key),
    keys: () => base.keys(),
    values,
    entries,
    [Symbol.iterator]: entries,
    forEach(callback, self) {
      for (const [key, value] of entries()) callback.call(self, value, key, map)
    },
  }
  return map
}
