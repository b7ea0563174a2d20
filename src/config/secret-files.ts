// Variables whose value lies in a file, as container platforms hand out secrets: ${NAME} is read from the file that
// NAME_FILE names when NAME itself has no value. Only variables that the configuration refers to are looked at.

import { readFile } from 'node:fs/promises'
import type { Variables } from './substitute.ts'
import { unreadable } from './unreadable.ts'

type Environment = Variables['env']

/** Reads the files for these variables. A line break at the end of a file is no part of the secret. */
export async function readSecretFiles(names: Iterable<string>, env: Environment): Promise<Variables> {
  const found: Record<string, string> = {}
  const failures = new Map<string, string>()
  for (const name of names) {
    const file = Object.hasOwn(env, `${name}_FILE`) ? env[`${name}_FILE`] : undefined
    if (!file || (Object.hasOwn(env, name) && env[name])) continue
    try {
      found[name] = (await readFile(file, 'utf8')).replace(/\r?\n$/, '')
    } catch (error) {
      failures.set(name, unreadable(error))
    }
  }
  return { env: { ...env, ...found }, unreadable: failures }
}
