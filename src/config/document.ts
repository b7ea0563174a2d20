// The YAML document with a position for every node: syntax faults, environment variables put into scalar values,
// aliases followed, and the way from a path such as routes[2].timeout back to line and column.

import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Document,
  type Node,
  type Pair,
  type Scalar,
} from 'yaml'
import { maskReferences, substitute, type Variables } from './substitute.ts'

export interface ConfigFault {
  readonly file: string
  /** Both from 1. */
  readonly line: number
  readonly col: number
  readonly message: string
}

export type ConfigPath = readonly PropertyKey[]

/** A parsed file: plain data of it, its faults so far, and where things stand. */
export interface ConfigDocument {
  readonly data: unknown
  /** Whether the structure cannot be relied on: what the schema says about it would be noise. */
  readonly broken: boolean
  readonly faults: readonly ConfigFault[]
  /** Those of the text as such, and of values at or below `path`. */
  faultsWithin(path: ConfigPath): readonly ConfigFault[]
  /** Keys with nothing behind them, which `data` is without: all their lines may be commented out. */
  readonly empty: readonly ConfigPath[]
  /** Names of the environment variables that were looked up. */
  readonly variables: ReadonlySet<string>
  fault(path: ConfigPath, message: string, part?: 'key' | 'value'): ConfigFault
  /** The scalar at `path` and the names of the environment variables in it. */
  scalar(path: ConfigPath): { readonly node: Scalar; readonly variables: readonly string[] } | undefined
}

/** More aliases than this in one file are an attack, not a configuration. */
const ALIASES_MAX = 100

/** Parses `text`. Total: every fault is in `faults`, nothing is thrown. */
export function readDocument(text: string, file: string, environment: Variables): ConfigDocument {
  const source = maskReferences(text.startsWith('\uFEFF') ? text.slice(1) : text)
  const lines = new LineCounter()
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false, logLevel: 'error' })
  const faults: ConfigFault[] = []
  const places: ConfigPath[] = []
  const variables = new Map<Scalar, readonly string[]>()
  const empty: ConfigPath[] = []
  const at = (offset: number, message: string): ConfigFault => {
    const { line, col } = lines.linePos(offset)
    return { file, line: Math.max(line, 1), col: Math.max(col, 1), message }
  }
  for (const error of [...document.errors, ...document.warnings]) {
    const fault = at(error.pos[0], syntaxMessage(error.message))
    // After one slip the parser stumbles over everything that follows.
    if (error.code !== 'UNEXPECTED_TOKEN' || faults.length === 0) faults.push(fault)
  }
  const ofText = faults.length
  const fault: Visitor['fault'] = (node, path, message) => {
    faults.push(at(offsetOf(node), message))
    places.push(path)
  }
  const data = toPlain(document, {
    fault,
    empty: (path) => void empty.push(path),
    text: (node, path, value) => {
      const result = substitute(value, environment)
      if (result.variables.length > 0) variables.set(node, result.variables)
      for (const message of result.faults) fault(node, path, message)
      return result.faults.length > 0 ? value : result.text
    },
  })
  return {
    data,
    broken: document.errors.some((error) => error.code !== 'DUPLICATE_KEY'),
    faults,
    faultsWithin: (path) =>
      faults.filter((_fault, index) => index < ofText || isWithin(path, places[index - ofText]!)),
    empty,
    variables: new Set([...variables.values()].flat()),
    fault: (path, message, part = 'value') => at(offsetOf(locate(document, path, part)), message),
    scalar: (path) => {
      const node = locate(document, path, 'value')
      return isScalar(node) ? { node, variables: variables.get(node) ?? [] } : undefined
    },
  }
}

interface Visitor {
  fault(node: Node, path: ConfigPath, message: string): void
  empty(path: ConfigPath): void
  text(node: Scalar, path: ConfigPath, value: string): string
}

function toPlain(document: Document.Parsed, visitor: Visitor): unknown {
  const open = new Set<Node>()
  let aliases = 0
  const read = (node: unknown, path: ConfigPath): unknown => {
    if (isScalar(node))
      return typeof node.value === 'string' ? visitor.text(node, path, node.value) : node.value
    if (isAlias(node)) {
      aliases++
      const target = node.resolve(document)
      if (!target || open.has(target) || aliases > ALIASES_MAX) {
        visitor.fault(node, path, aliasMessage(target, aliases))
        return undefined
      }
      return read(target, path)
    }
    if (!isMap(node) && !isSeq(node)) return null
    open.add(node)
    const result = isSeq(node)
      ? node.items.map((item, index) => read(item, [...path, index]))
      : readMap(node.items, path)
    open.delete(node)
    return result
  }
  const readMap = (items: readonly Pair[], path: ConfigPath): object => {
    const entries: [string, unknown][] = []
    for (const pair of items) {
      const key = keyText(pair)
      const value = read(pair.value, [...path, key])
      if (value === null) visitor.empty([...path, key])
      else if (value !== undefined) entries.push([key, value])
    }
    return Object.fromEntries(entries)
  }
  return read(document.contents, [])
}

function aliasMessage(target: Node | undefined, aliases: number): string {
  if (aliases > ALIASES_MAX) return `there are more than ${ALIASES_MAX} aliases`
  if (target) return 'this alias stands inside of what it stands for'
  return 'no anchor stands before this alias; a text that starts with * needs quotes'
}

/** Whether `inner` is `path` or below it. */
export function isWithin(path: ConfigPath, inner: ConfigPath): boolean {
  return path.every((step, index) => inner[index] === step)
}

function keyText(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : ''
}

/** The node at `path`, or the deepest one there is on the way. An alias is its own position. */
function locate(document: Document.Parsed, path: ConfigPath, part: 'key' | 'value'): unknown {
  let found: unknown = document.contents
  let node: unknown = found
  for (const [index, step] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document)
    const isLast = index === path.length - 1
    if (isMap(node)) {
      const pair: Pair | undefined = node.items.findLast((item) => keyText(item) === step)
      if (!pair) return found
      if (isLast && part === 'key') return pair.key
      node = pair.value ?? pair.key
    } else if (isSeq(node) && typeof step === 'number' && node.items[step]) {
      node = node.items[step]
    } else {
      return found
    }
    found = node
  }
  return found
}

function offsetOf(node: unknown): number {
  return (node as Partial<Node> | null)?.range?.[0] ?? 0
}

/** The parser's sentence without what it quotes of the file, which may be a secret. */
function syntaxMessage(message: string): string {
  const sentence = message
    .split('\n')[0]!
    .replace(/ in YAML stream: .*$/, '')
    .replace(/; please use .*$/, '')
    .replace(/: .*$/, '')
  return `not valid YAML: ${sentence}`
}
