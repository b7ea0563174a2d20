// ocpi < faults < dialects < journal < registry < links < routing < forwarding < modules < http < admin < sandbox < (config, stores, observers, live, base, connections, reload, operations, hub, main, cli)
// The line above is what may import what: a file imports from its own folder and from folders to the left.
// This test keeps the house: that order, one door per outside library, headers, lengths.

import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const FILE_LINES_MAX = 300
const FUNCTION_LINES_MAX = 60

/** Functions that were longer when the limit came; each number may only become smaller. */
const LONGER_FUNCTIONS: Readonly<Record<string, number>> = {}

/** Library -> the files that may import it. Tests may import anything. */
const DOORS: readonly { readonly library: RegExp; readonly door: RegExp }[] = [
  { library: /^(@fastify\/|fastify(-.*)?(\/|$))/, door: /^src\/(http|admin|sandbox)\// },
  { library: /^undici(\/|$)/, door: /^src\/forwarding\// },
  { library: /^ioredis(\/|$)/, door: /^src\/[^/]+\/redis\.ts$/ },
  { library: /^pino(-.*)?(\/|$)/, door: /^src\/journal\/log\.ts$/ },
  { library: /^@opentelemetry\//, door: /^src\/journal\/(tracing|spans)\.ts$/ },
]

const ENVIRONMENT_DOOR = /^src\/(config\/|cli\/|main\.ts$)/

interface SourceFile {
  /** Relative to the root, with slashes. */
  readonly path: string
  readonly text: string
  readonly syntax: ts.SourceFile
  /** Import specifiers as written, types included. */
  readonly imports: readonly string[]
}

const ORDER = readOrder()
const sources = readSources('src')
const tests = [...readSources('test'), ...readSources('.', false)]
const all = [...sources, ...tests]

describe('the house is tidy', () => {
  it('has files to look at', () => {
    expect(sources.length).toBeGreaterThan(15)
    expect(ORDER.get('cli')).toBe(ORDER.get('config'))
    expect(ORDER.get('ocpi')).toBe(0)
  })

  it('puts every source file into a room of the order', () => {
    expect(sources.filter((file) => !ORDER.has(room(file.path))).map((file) => file.path)).toEqual([])
  })

  it('imports leftward only', () => {
    const wrong = sources.flatMap((file) =>
      localImports(file)
        .filter((target) => (ORDER.get(room(target)) ?? Infinity) > ORDER.get(room(file.path))!)
        .map((target) => `${file.path} -> ${target}`),
    )
    expect(wrong).toEqual([])
  })

  it('keeps the configuration away from the rooms that get their options from it', () => {
    const wrong = sources
      .filter(
        (file) =>
          !/^src\/(config|cli)\/|^src\/(stores|observers|live|base|connections|reload|operations|hub|main)\.ts$/.test(
            file.path,
          ),
      )
      .filter((file) => localImports(file).some((target) => target.startsWith('src/config/')))
    expect(wrong.map((file) => file.path)).toEqual([])
  })

  it('has no circles', () => {
    expect(findCircles(new Map(sources.map((file) => [file.path, localImports(file)])))).toEqual([])
  })

  it('imports only files that are there, with their ending', () => {
    const known = new Set(all.map((file) => file.path))
    const wrong = all.flatMap((file) =>
      localImports(file)
        .filter((target) => !known.has(target) && !isData(target))
        .map((target) => `${file.path} -> ${target}`),
    )
    expect(wrong).toEqual([])
  })

  it('uses each outside library through its door', () => {
    const wrong = sources.flatMap((file) =>
      file.imports
        .filter((name) => DOORS.some(({ library, door }) => library.test(name) && !door.test(file.path)))
        .map((name) => `${file.path} -> ${name}`),
    )
    expect(wrong).toEqual([])
  })

  it('reads the environment only where configuration is made', () => {
    const wrong = sources.filter(
      (file) =>
        /\bprocess\s*(\.\s*env\b|\[\s*['"]env['"]\s*\])/.test(file.text) && !ENVIRONMENT_DOOR.test(file.path),
    )
    expect(wrong.map((file) => file.path)).toEqual([])
  })
})

describe('every file is easy to read', () => {
  it('starts with a header comment', () => {
    expect(all.filter((file) => !/^(#!.*\n)?\/\/ \S/.test(file.text)).map((file) => file.path)).toEqual([])
  })

  it(`has at most ${FILE_LINES_MAX} lines`, () => {
    const long = all.map((file) => [file.path, file.text.trimEnd().split('\n').length] as const)
    expect(long.filter(([, lines]) => lines > FILE_LINES_MAX)).toEqual([])
  })

  it(`has functions of at most ${FUNCTION_LINES_MAX} lines, those inside them not counted`, () => {
    const long = Object.fromEntries(
      all.flatMap(functionLengths).filter(([, lines]) => lines > FUNCTION_LINES_MAX),
    )
    // An entry that became shorter must be lowered in the list as well: it may only shrink.
    expect(long).toEqual(LONGER_FUNCTIONS)
  })

  it('exports by name and without barrels', () => {
    const wrong = all.filter(
      (file) =>
        !file.path.endsWith('.config.ts') &&
        file.syntax.statements.some(
          (statement) =>
            isDefaultExport(statement) || (ts.isExportDeclaration(statement) && !statement.exportClause),
        ),
    )
    expect(wrong.map((file) => file.path)).toEqual([])
  })

  it('has one class, the Fault', () => {
    const classes = sources.flatMap((file) =>
      nodesOf(file.syntax)
        .filter((node) => ts.isClassLike(node))
        .map((node) => `${file.path} ${node.name?.text ?? ''}`),
    )
    expect(classes).toEqual(['src/faults/fault.ts Fault'])
  })

  it('leaves nothing for later', () => {
    const words = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X:', 'HA' + 'CK'].join('|')})\\b`)
    expect(all.filter((file) => words.test(file.text)).map((file) => file.path)).toEqual([])
  })

  it('never skips or singles out a test', () => {
    const wrong = tests.filter((file) => /\b(it|test|describe)\.(skip|only|todo|fails)\b/.test(file.text))
    expect(wrong.map((file) => file.path)).toEqual([])
  })

  it('names no host of a package registry', () => {
    const host = /\b(registry|packages|npm|proxy|index|mirrors?)\.[a-z0-9-]+\.(org|com|dev|io|net)\b/i
    expect(all.filter((file) => host.test(file.text)).map((file) => file.path)).toEqual([])
  })
})

/** Folder -> rank, from the first line of this file; those in brackets share the last rank. */
function readOrder(): ReadonlyMap<string, number> {
  const line = readFileSync(fileURLToPath(import.meta.url), 'utf8').split('\n', 1)[0]!
  const steps = line.replace(/^\/\/\s*/, '').split('<')
  return new Map(
    steps.flatMap((step, rank) => (step.match(/\w+/g) ?? []).map((name) => [name, rank] as const)),
  )
}

/** `src/http/admit.ts` -> `http`; `src/hub.ts` -> `hub`. */
function room(path: string): string {
  return path.split('/')[1]!.replace(/\.ts$/, '')
}

function readSources(folder: string, deep = true): SourceFile[] {
  return (
    readdirSync(join(ROOT, folder), { recursive: deep })
      .map((name) => join(folder, String(name)).replaceAll('\\', '/'))
      .filter((path) => /\.tsx?$/.test(path) && !path.endsWith('.d.ts'))
      // The dashboard runs in a browser: it is built and checked as a page of its own.
      .filter((path) => !path.startsWith('src/admin/dashboard/') && statSync(join(ROOT, path)).isFile())
      .map((path) => {
        const text = readFileSync(join(ROOT, path), 'utf8')
        const syntax = ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true)
        const imports = ts.preProcessFile(text, true, true).importedFiles.map((file) => file.fileName)
        return { path, text, syntax, imports }
      })
  )
}

function localImports(file: SourceFile): string[] {
  return file.imports
    .filter((name) => name.startsWith('.'))
    .map((name) => relative(ROOT, join(ROOT, dirname(file.path), name)).replaceAll('\\', '/'))
}

function isData(path: string): boolean {
  return path.endsWith('.json') || path.startsWith('src/admin/dashboard/')
}

function findCircles(imports: ReadonlyMap<string, readonly string[]>): string[] {
  const finished = new Set<string>()
  const circles: string[] = []
  function visit(path: string, way: readonly string[]): void {
    if (way.includes(path)) {
      circles.push([...way.slice(way.indexOf(path)), path].join(' -> '))
      return
    }
    if (finished.has(path)) return
    for (const target of imports.get(path) ?? []) visit(target, [...way, path])
    finished.add(path)
  }
  for (const path of imports.keys()) visit(path, [])
  return circles
}

function nodesOf(root: ts.Node): ts.Node[] {
  const nodes: ts.Node[] = []
  function visit(node: ts.Node): void {
    nodes.push(node)
    ts.forEachChild(node, visit)
  }
  visit(root)
  return nodes
}

function isDefaultExport(statement: ts.Statement): boolean {
  if (ts.isExportAssignment(statement)) return true
  const modifiers = ts.canHaveModifiers(statement) ? (ts.getModifiers(statement) ?? []) : []
  return modifiers.some((modifier) => modifier.kind === ts.SyntaxKind.DefaultKeyword)
}

/** `path name` and own lines of every function with a body: its lines less those of the functions inside it. */
function functionLengths(file: SourceFile): [string, number][] {
  return nodesOf(file.syntax)
    .filter((node) => isFunctionWithBody(node) && !isGroupOfTests(node))
    .map((node) => [`${file.path} ${functionName(node)}`, ownLines(node, file.syntax)])
}

function isFunctionWithBody(node: ts.Node): boolean {
  return ts.isFunctionLike(node) && 'body' in node && node.body !== undefined
}

/** The callback of a `describe` holds tests and their tables; nobody reads it as one function. */
function isGroupOfTests(node: ts.Node): boolean {
  return ts.isCallExpression(node.parent) && node.parent.expression.getText() === 'describe'
}

function ownLines(node: ts.Node, file: ts.SourceFile): number {
  const lineAt = (position: number) => file.getLineAndCharacterOfPosition(position).line
  let lines = lineAt(node.getEnd()) - lineAt(node.getStart(file)) + 1
  function visit(child: ts.Node): void {
    if (!isFunctionWithBody(child)) ts.forEachChild(child, visit)
    else
      lines -=
        lineAt(child.getEnd()) - lineAt(child.getStart(file)) + (ts.isFunctionDeclaration(child) ? 1 : 0)
  }
  ts.forEachChild(node, visit)
  return lines
}

function functionName(node: ts.Node): string {
  const named = node as ts.NamedDeclaration
  if (named.name) return named.name.getText()
  const parent = node.parent
  if (ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent)) return parent.name.getText()
  if (ts.isCallExpression(parent))
    return `${parent.expression.getText()}(${parent.arguments[0]?.getText() ?? ''})`
  return 'anonymous'
}
