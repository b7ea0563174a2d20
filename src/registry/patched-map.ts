// A large map with a few values replaced: a change costs as much as the change, not as the map. The latest changes lie
// over earlier ones, and both over the map below. Keys, their number and their order are those of the map below.
// Immutable like it.

// Copied with every change. Some hundreds of changes a second come as about forty at a time.
const LATEST_MAX = 128
// Copied when there are too many latest ones: a quarter of the map at most.
const EARLIER_SHARE_MAX = 4

type Layer<Value> = ReadonlyMap<string, Value>

interface Patched<Value> extends ReadonlyMap<string, Value> {
  readonly base: Layer<Value>
  readonly earlier: Layer<Value>
  readonly latest: Layer<Value>
}

/** `map` with the values of `changes`, whose keys it must have. Once much is patched it is a plain map again. */
export function patchMap<Value>(
  map: ReadonlyMap<string, Value>,
  changes: ReadonlyMap<string, Value>,
): ReadonlyMap<string, Value> {
  if (changes.size === 0) return map
  const { base, earlier, latest } = layersOf(map)
  const patch = overlay(latest, changes)
  if (patch.size <= LATEST_MAX && patch.size * EARLIER_SHARE_MAX <= base.size) {
    return toPatched(base, earlier, patch)
  }
  const merged = overlay(earlier, patch)
  return merged.size * EARLIER_SHARE_MAX <= base.size
    ? toPatched(base, merged, new Map())
    : overlay(base, merged)
}

/** Every key whose value may not be the same in both maps; few when one was patched from the other. */
export function keysToCompare<Value>(
  one: ReadonlyMap<string, Value>,
  other: ReadonlyMap<string, Value>,
): ReadonlySet<string> {
  const [these, those] = [layersOf(one), layersOf(other)]
  const keys = new Set<string>()
  for (const layer of ['base', 'earlier', 'latest'] as const) {
    if (these[layer] === those[layer]) continue
    for (const { [layer]: all } of [these, those]) for (const key of all.keys()) keys.add(key)
  }
  return keys
}

function overlay<Value>(below: Layer<Value>, above: Layer<Value>): Map<string, Value> {
  const all = new Map<string, Value>()
  // Without the pairs that an iterator makes, which are most of what copying costs.
  const set = (value: Value, key: string) => void all.set(key, value)
  below.forEach(set)
  above.forEach(set)
  return all
}

function layersOf<Value>(
  map: ReadonlyMap<string, Value>,
): Pick<Patched<Value>, 'base' | 'earlier' | 'latest'> {
  return isPatched(map) ? map : { base: map, earlier: new Map(), latest: new Map() }
}

function isPatched<Value>(map: ReadonlyMap<string, Value>): map is Patched<Value> {
  return 'latest' in map
}

function toPatched<Value>(base: Layer<Value>, earlier: Layer<Value>, latest: Layer<Value>): Patched<Value> {
  const get = (key: string) => latest.get(key) ?? earlier.get(key) ?? base.get(key)
  function* entries(): MapIterator<[string, Value]> {
    for (const key of base.keys()) yield [key, get(key)!]
    return undefined
  }
  function* values(): MapIterator<Value> {
    for (const key of base.keys()) yield get(key)!
    return undefined
  }
  const map: Patched<Value> = {
    base,
    earlier,
    latest,
    size: base.size,
    get,
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
