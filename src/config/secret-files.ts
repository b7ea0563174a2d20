// Variables whose value lies in a file, as container platforms hand out secrets: ${NAME} is read from the file that
// NAME_FILE names when NAME itself has no value. Only variables that the configuration refers to are looked at.

import { readFile } from 'node:fs/promises'

type Environment = Readonly<Record<string, string | undefined>>

export interface SecretFiles {
  /** The environment with what was read. */
  readonly env: Environment
  /** Variables whose file could not be read, with the place of their first reference, from 1. */
  readonly unreadable: readonly {
    readonly variable: string
    readonly line: number
    readonly col: number
    readonly cause: unknown
  }[]
}

const REFERENCE = /\$\{([A-Za-z_][A-Za-z0-9_]*)/g

/** Reads the files for the variables in `text`. A line break at the end of a file is no part of the secret. */
export async function readSecretFiles(text: string, env: Environment): Promise<SecretFiles> {
  const found: Record<string, string> = {}
  const unreadable: SecretFiles['unreadable'][number][] = []
  for (const [variable, offset] of firstReferences(text)) {
    const file = Object.hasOwn(env, `${variable}_FILE`) ? env[`${variable}_FILE`] : undefined
    if (!file || (Object.hasOwn(env, variable) && env[variable])) continue
    try {
      found[variable] = (await readFile(file, 'utf8')).replace(/\r?\n$/, '')
    } catch (cause) {
      unreadable.push({ variable, ...placeOf(text, offset), cause })
    }
  }
  return { env: { ...env, ...found }, unreadable }
}

function firstReferences(text: string): Map<string, number> {
  const places = new Map<string, number>()
  for (const match of text.matchAll(REFERENCE)) {
    if (!places.has(match[1]!)) places.set(match[1]!, match.index)
  }
  return places
}

function placeOf(text: string, offset: number): { line: number; col: number } {
  const before = text.slice(0, offset).split('\n')
  return { line: before.length, col: before.at(-1)!.length + 1 }
}
