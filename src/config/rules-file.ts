// Rules in a file of their own, or in a configuration: read as a configuration is, so that what may be written there
// may be written here. What is said elsewhere in the file is nobody's business here.

import { isWithin, type ConfigFault } from './document.ts'
import { readWithSecrets, type Environment } from './load.ts'
import { emptyFinding, pathText } from './messages.ts'

export interface RulesFile {
  /** Unchecked; `undefined` = there is no list of rules. */
  readonly rules: readonly unknown[] | undefined
  readonly faults: readonly ConfigFault[]
}

/** A list of rules, below `routes` or `items` or alone, in YAML or JSON. */
export async function readRulesFile(text: string, file: string, env: Environment): Promise<RulesFile> {
  const document = await readWithSecrets(text, file, env)
  const { path, value } = locateRules(document.data)
  const empty = document.empty.flatMap((own) => {
    const finding = isWithin(path, own) ? emptyFinding(['routes', ...own.slice(path.length)]) : undefined
    return finding ? [document.fault(own, `${pathText(own)}: ${finding.message}`, finding.part)] : []
  })
  return {
    rules: Array.isArray(value) ? (value as readonly unknown[]) : undefined,
    faults: [...document.faultsWithin(path), ...empty],
  }
}

function locateRules(data: unknown): { readonly path: readonly string[]; readonly value: unknown } {
  if (Array.isArray(data)) return { path: [], value: data }
  const { routes, items } = (data ?? {}) as { routes?: unknown; items?: unknown }
  return routes === undefined ? { path: ['items'], value: items } : { path: ['routes'], value: routes }
}
