// Reads a configuration file: YAML, environment variables, schema, cross-checks, the files it names. Every fault is
// reported at once, with its line and column; a configuration comes out only when there is none.

import { readFile } from 'node:fs/promises'
import { crossCheck } from './cross-checks.ts'
import { readDocument, type ConfigDocument, type ConfigFault } from './document.ts'
import type { HubConfig } from './hub-config.ts'
import { emptyFinding, pathText, sentence, toFindings, type Finding } from './messages.ts'
import { fileSchema } from './schema.ts'
import { readSecretFiles } from './secret-files.ts'
import { tlsFindings, tlsWarnings } from './tls-files.ts'
import { toHubConfig } from './to-hub-config.ts'
import { unreadable } from './unreadable.ts'

export type { ConfigFault } from './document.ts'
export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Either a configuration, deep-frozen, no faults, and what does not keep it from being served but should be known; or
 * faults alone, in the order of the file.
 */
export type ConfigResult =
  | {
      readonly config: HubConfig
      readonly faults: readonly []
      readonly warnings: readonly ConfigFault[]
    }
  | { readonly config?: undefined; readonly faults: readonly ConfigFault[] }

/**
 * Loads the file at `path`, with variables of `env` or of the files that `<NAME>_FILE` names. Paths in it
 * (registry.path, tls files) are taken from the working directory, not from the file's; that the tls files can be
 * served is checked here. Never throws.
 */
export async function loadConfig(path: string, env: Environment): Promise<ConfigResult> {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path))
  } catch (error) {
    return { faults: [{ file: path, line: 1, col: 1, message: unreadable(error) }] }
  }
  const document = await readWithSecrets(text, path, env)
  const result = check(document, tlsFindings(document.data))
  if (!result.config) return result
  const warnings = tlsWarnings(document.data, Date.now())
  return { ...result, warnings: warnings.map((finding) => toConfigFault(finding, document)) }
}

/** The document with its variables replaced. Reads it twice if need be: which there are is known only then. */
export async function readWithSecrets(text: string, path: string, env: Environment): Promise<ConfigDocument> {
  const document = readDocument(text, path, { env })
  const names = [...document.variables].filter((name) => env[`${name}_FILE`])
  return names.length === 0 ? document : readDocument(text, path, await readSecretFiles(names, env))
}

/** The same for text at hand; touches no file. `fileName` only stands in the faults. */
export function readConfig(text: string, fileName: string, env: Environment): ConfigResult {
  return check(readDocument(text, fileName, { env }), [])
}

/** `config/hub.yaml:7:3: forwarding.timeot: unknown key (did you mean "timeout"?)` */
export function formatFault(fault: ConfigFault): string {
  return `${fault.file}:${fault.line}:${fault.col}: ${fault.message}`
}

/** The same for what does not keep the file from being served: `config/hub.yaml:7:3: warning: listen.ocpi.tls.cert: …`. */
export function formatWarning({ message, ...place }: ConfigFault): string {
  return formatFault({ ...place, message: `warning: ${message}` })
}

function check(document: ConfigDocument, more: readonly Finding[]): ConfigResult {
  if (document.broken) return { faults: document.faults }
  const data = document.data ?? {}
  const parsed = fileSchema.safeParse(data, { error: sentence })
  const issues = parsed.success ? [] : parsed.error.issues
  const findings = [
    ...issues.flatMap((issue) => toFindings(issue, data, (path) => document.scalar(path)?.node)),
    ...document.empty.flatMap((path) => emptyFinding(path) ?? []),
    ...crossCheck(data),
    ...more,
  ]
  const faults = [...document.faults]
  for (const finding of findings) {
    const fault = toConfigFault(finding, document)
    // A variable that is not set, say, is one fault and not also a bad value.
    if (!document.faults.some((other) => isSamePlace(other, fault))) faults.push(fault)
  }
  if (parsed.success && faults.length === 0) {
    return { config: toHubConfig(parsed.data), faults: [], warnings: [] }
  }
  return { faults: faults.toSorted((one, other) => one.line - other.line || one.col - other.col) }
}

function toConfigFault({ path, message, part }: Finding, document: ConfigDocument): ConfigFault {
  const names = part === 'value' ? (document.scalar(path)?.variables ?? []) : []
  const origin = names.length === 0 ? '' : ` (it comes from ${names.map((name) => `\${${name}}`).join(', ')})`
  const place = pathText(path)
  const text = message === 'is missing' ? `${place} ${message}` : `${place}: ${message}`
  return document.fault(path, place === '' ? `the file ${message}` : text + origin, part)
}

function isSamePlace(one: ConfigFault, other: ConfigFault): boolean {
  return one.line === other.line && one.col === other.col
}
