// What is said about a value that does not fit the schema. Values are never repeated, except numbers and words
// written in the file that only lack quotes: a secret that stands in the wrong place must not be printed.

import { closest, distance } from 'fastest-levenshtein'
import type { Scalar } from 'yaml'
import * as z from 'zod'
import { fileSchema } from './schema.ts'
import type { ConfigPath } from './document.ts'

export interface Finding {
  readonly path: ConfigPath
  readonly message: string
  readonly part: 'key' | 'value'
}

type Issue = z.core.$ZodIssue
type RawIssue = z.core.$ZodRawIssue

/** zod's own sentences in the words of a file; a schema's own sentence goes first. */
export function sentence(issue: RawIssue): string | undefined {
  if (issue.code !== 'invalid_type') return undefined
  if (issue.input === undefined) return 'is missing'
  if (issue.expected === 'string') return 'must be text'
  if (issue.expected === 'array') return 'must be a list'
  if (issue.expected === 'object') return 'must be a section of keys'
  return undefined
}

/** The findings of one zod issue: one for each unknown key, those of the branch that was meant for a union. */
export function toFindings(
  issue: Issue,
  data: unknown,
  scalar: (path: ConfigPath) => Scalar | undefined,
): Finding[] {
  if (issue.code === 'unrecognized_keys') {
    const known = schemaAt(issue.path)?.properties ?? {}
    return issue.keys.map((key) => unknownKey([...issue.path, key], known))
  }
  if (issue.code === 'invalid_union') {
    const value = valueAt(data, issue.path)
    const branches = issue.errors.map((issues) =>
      issues.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] })),
    )
    const meant = Array.isArray(value)
      ? branches.at(-1)
      : branches.findLast((issues) => !isListIssue(issues[0], issue.path))
    return (meant ?? []).flatMap((inner) => toFindings(inner as Issue, data, scalar))
  }
  const value = valueAt(data, issue.path)
  const message = quoteAdvice(issue, value, scalar(issue.path)) ?? valueMessage(issue, value)
  return [{ path: issue.path, message, part: 'value' }]
}

/**
 * What is wrong with a key that has nothing behind it, if anything. A known one of a section counts as left out; an
 * item of a list, such as a rule, would mean something else without it.
 */
export function emptyFinding(path: ConfigPath): Finding | undefined {
  const known = schemaAt(path.slice(0, -1))?.properties
  if (!known) return undefined
  if (!Object.hasOwn(known, path.at(-1)!)) return unknownKey(path, known)
  const isInList = path.some((step) => typeof step === 'number')
  return isInList ? { path, message: 'must have a value, or be left out', part: 'key' } : undefined
}

function unknownKey(path: ConfigPath, known: object): Finding {
  const hint = didYouMean(String(path.at(-1)), Object.keys(known))
  return { path, message: `unknown key${hint}`, part: 'key' }
}

/** `routes[2].timeout`; an empty key is `""`. */
export function pathText(path: ConfigPath): string {
  return path
    .map((step, index) =>
      typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${String(step) || '""'}`,
    )
    .join('')
}

function isListIssue(issue: Issue | undefined, path: ConfigPath): boolean {
  return issue?.code === 'invalid_type' && issue.expected === 'array' && issue.path.length === path.length
}

/** YAML reads an unquoted 010 as the number 10 and 2.2 as a number: the text was meant. */
function quoteAdvice(issue: Issue, value: unknown, node: Scalar | undefined): string | undefined {
  if (typeof value !== 'number' && typeof value !== 'boolean') return undefined
  const isText =
    issue.code === 'invalid_type' && issue.expected === 'string' && issue.message === 'must be text'
  const isWord =
    issue.code === 'invalid_value' && issue.values.every((allowed) => typeof allowed === 'string')
  if (!isText && !isWord) return undefined
  const isSecret = issue.path.some((step) => SECRETS.has(String(step)))
  const advice = isSecret ? 'put it in quotes' : `quote it: "${node?.source ?? String(value)}"`
  return `must be text, but YAML reads a ${typeof value} here; ${advice}`
}

const SECRETS: ReadonlySet<string> = new Set([
  'token',
  'inbound',
  'outbound',
  'sha256',
  'secret_key',
  'url',
  'webhook',
  'authorization',
])

function valueMessage(issue: Issue, value: unknown): string {
  if (issue.code !== 'invalid_value') return issue.message
  if (value === undefined) return 'is missing'
  const allowed = issue.values.map(String)
  return `must be ${allowed.length === 1 ? '' : 'one of '}${allowed.join(', ')}${typeof value === 'string' ? didYouMean(value, allowed) : ''}`
}

function didYouMean(text: string, words: readonly string[]): string {
  if (words.length === 0 || text.length > 40) return ''
  const folded = text.toLowerCase()
  const longer = words.find((word) => folded.length > 1 && word.toLowerCase().startsWith(folded))
  if (longer !== undefined) return ` (did you mean "${longer}"?)`
  const lower = words.map((word) => word.toLowerCase())
  const best = closest(folded, lower)
  const length = Math.max(folded.length, best.length)
  const allowed = Math.min(Math.floor(length / 2), length < 8 ? 2 : 3)
  return distance(folded, best) <= allowed ? ` (did you mean "${words[lower.indexOf(best)]}"?)` : ''
}

function valueAt(data: unknown, path: ConfigPath): unknown {
  let value = data
  for (const step of path)
    value =
      value === null || typeof value !== 'object' ? undefined : (value as Record<PropertyKey, unknown>)[step]
  return value
}

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly items?: JsonSchema
}

let inputSchema: JsonSchema | undefined

/** Made when the first unknown key needs it: a file without faults never does. */
function schemaAt(path: ConfigPath): JsonSchema | undefined {
  inputSchema ??= z.toJSONSchema(fileSchema, { io: 'input', unrepresentable: 'any' }) as JsonSchema
  let schema: JsonSchema | undefined = inputSchema
  for (const step of path)
    schema = typeof step === 'number' ? schema?.items : schema?.properties?.[String(step)]
  return schema
}
