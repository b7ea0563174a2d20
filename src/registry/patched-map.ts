// A large map with a few values replaced. The values lie in pieces, and a change copies the piece it is in and the list
// of pieces: it costs the same whatever was changed before. Keys, their number and their order never change. Immutable
// like the map it is made of.

/** Values to a piece: with ten thousand values, a change copies about as many values as pieces. */
const PIECE = 64

interface Patched<Value> extends ReadonlyMap<string, Value> {
  readonly index: Index
  readonly pieces: readonly (readonly Value[])[]
}

/** The same object in all maps that were patched from one. */
interface Index {
  readonly order: readonly string[]
  readonly places: ReadonlyMap<string, number>
}

/** `map` with the values of `changes`, whose keys it must have. The first time it costs as much as a copy of the map. */
export function patchMap<Value>(
  map: ReadonlyMap<string, Value>,
  changes: ReadonlyMap<string, Value>,
): ReadonlyMap<string, Value> {
  if (changes.size === 0) return map
  const { index, pieces } = isPatched(map) ? map : inPieces(map)
  const patched = pieces.slice()
  const copies = new Map<number, Value[]>()
  for (const [key, value] of changes) {
    const place = index.places.get(key)!
    const at = Math.floor(place / PIECE)
    const copy = copies.get(at) ?? pieces[at]!.slice()
    copy[place % PIECE] = value
    copies.set(at, copy)
    patched[at] = copy
  }
  return toPatched(index, patched)
}

/** Every key whose value is not the same in both maps; found at once when one was patched from the other. */
export function changedKeys<Value>(
  one: ReadonlyMap<string, Value>,
  other: ReadonlyMap<string, Value>,
): readonly string[] {
  if (isPatched(one) && isPatched(other) && one.index === other.index) {
    return one.pieces.flatMap((piece, at) => changedIn(piece, other.pieces[at]!, at * PIECE, one.index.order))
  }
  const keys = [...one.keys()].filter((key) => one.get(key) !== other.get(key))
  for (const key of other.keys()) if (!one.has(key)) keys.push(key)
  return keys
}

function changedIn<Value>(
  these: readonly Value[],
  those: readonly Value[],
  from: number,
  order: readonly string[],
): readonly string[] {
  if (these === those) return NONE
  return these.flatMap((value, at) => (value === those[at] ? NONE : order[from + at]!))
}

const NONE: readonly string[] = []

function inPieces<Value>(map: ReadonlyMap<string, Value>): Pick<Patched<Value>, 'index' | 'pieces'> {
  const order = [...map.keys()]
  const values = [...map.values()]
  const pieces: Value[][] = []
  for (let at = 0; at < values.length; at += PIECE) pieces.push(values.slice(at, at + PIECE))
  return { index: { order, places: new Map(order.map((key, place) => [key, place])) }, pieces }
}

function isPatched<Value>(map: ReadonlyMap<string, Value>): map is Patched<Value> {
  return 'pieces' in map
}

function toPatched<Value>(index: Index, pieces: Patched<Value>['pieces']): Patched<Value> {
  const { order, places } = index
  function get(key: string): Value | undefined {
    const place = places.get(key)
    return place === undefined ? undefined : pieces[Math.floor(place / PIECE)]![place % PIECE]
  }
  function* entries(): MapIterator<[string, Value]> {
    let place = 0
    for (const piece of pieces) for (const value of piece) yield [order[place++]!, value]
    return undefined
  }
  function* values(): MapIterator<Value> {
    for (const piece of pieces) yield* piece
    return undefined
  }
  const map: Patched<Value> = {
    index,
    pieces,
    size: order.length,
    get,
    has: (key) => places.has(key),
    keys: () => places.keys(),
    values,
    entries,
    [Symbol.iterator]: entries,
    forEach(callback, self) {
      for (const [key, value] of entries()) callback.call(self, value, key, map)
    },
  }
  return map
}
