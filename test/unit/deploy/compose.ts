// docker-compose.yml as data, and its variables as Compose would give them to a container.

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'

export interface Service {
  readonly image: string
  readonly build?: string
  readonly user?: string
  readonly command?: readonly string[]
  readonly entrypoint?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly volumes?: readonly string[]
  readonly ports?: readonly string[]
  readonly networks?: readonly string[]
  readonly profiles?: readonly string[]
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>> | readonly string[]
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean }
  readonly read_only?: boolean
  readonly cap_drop?: readonly string[]
  readonly security_opt?: readonly string[]
  readonly stop_grace_period?: string
}

export interface Compose {
  readonly services: Readonly<Record<string, Service>>
  readonly networks: Readonly<Record<string, { readonly internal?: boolean } | null>>
  readonly volumes: Readonly<Record<string, unknown>>
}

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

/** Text of a file of the project. */
export function projectFile(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}

export const compose = parse(projectFile('docker-compose.yml'), { merge: true }) as Compose
export const hub = compose.services['hub-a']!

/** What the secrets service makes, in `directory` instead of the volume. */
export function makeSecrets(directory: string): void {
  const [command, script] = compose.services.secrets!.entrypoint!
  if (command !== 'node') throw new Error('the secrets service does not run node')
  execFileSync(process.execPath, [join(ROOT, script!), directory])
}

/** Environment of a hub's container with nothing set outside; `/secrets` is `directory`. */
export function hubEnvironment(directory: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(hub.environment!).map(([name, value]) => [
      name,
      value.replace(/\$\{\w+:-([^}]*)\}/g, '$1').replace(/^\/secrets\//, `${directory}/`),
    ]),
  )
}
