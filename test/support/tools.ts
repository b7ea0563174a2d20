// Outside programs that check what this project ships for them. They are used where they are installed.

import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
// Debian puts daemons where ordinary users do not look.
const MORE_PLACES = ['/usr/local/sbin', '/usr/sbin', '/sbin']

/** Path of a program, or `undefined` where it is not installed. */
export function findTool(name: string): string | undefined {
  const places = [...(process.env.PATH ?? '').split(delimiter), ...MORE_PLACES]
  return places.map((place) => join(place, name)).find((path) => existsSync(path))
}

/** Runs a program to its end and gives its output, both streams. Rejects with them when it fails. */
export async function runTool(
  path: string,
  args: readonly string[],
  options: { readonly env?: Readonly<Record<string, string>>; readonly stdin?: string } = {},
): Promise<string> {
  const running = run(path, [...args], { env: { ...process.env, ...options.env } })
  running.child.stdin?.end(options.stdin ?? '')
  const { stdout, stderr } = await running
  return stdout + stderr
}
