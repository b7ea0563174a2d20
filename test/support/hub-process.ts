// A hub as operators run it: a process of its own with a configuration file, to be asked, signalled and killed.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { PlatformConfig } from '../../src/config/hub-config.ts'
import { ADMIN_TOKEN, PUBLIC_URL } from './config.ts'
import { reap } from './reaper.ts'
import { stablePort } from './ports.ts'
import { waitFor } from './wait.ts'

/** Sections of the configuration file, with its own keys and units; each replaces the test's section whole. */
export type ConfigFile = Readonly<Record<string, unknown>>

export interface HubProcess {
  readonly pid: number
  readonly ocpiPort: number
  readonly ocpiUrl: string
  readonly adminUrl: string
  readonly adminPort: number
  /** Processor time it has used, in milliseconds. */
  cpuMs(): number
  /** Resident memory, in bytes. */
  memoryBytes(): number
  /** Everything it has printed. */
  log(): string
  /** A call of the admin API; `path` starts behind `/api/v1`. */
  admin(path: string, init?: { method?: string; json?: unknown }): Promise<{ status: number; json: unknown }>
  /** The page of `/metrics`. */
  metrics(): Promise<string>
  /** Status and body of `/health/ready`; status 0 while nobody listens. */
  health(): Promise<{ status: number; json: unknown }>
  /** Waits until it is ready; rejects with its output when it ends instead. */
  ready(limitMs?: number): Promise<void>
  signal(name: 'SIGTERM' | 'SIGINT' | 'SIGKILL' | 'SIGSTOP' | 'SIGCONT' | 'SIGHUP'): void
  /** How it ended. */
  readonly ended: Promise<{ code: number | null; signal: string | null }>
  /** Kills it if it still runs, and waits. */
  end(): Promise<void>
}

export interface HubProcessOptions {
  /** Of the configuration file, and of the embedded registry in its folder `data`. */
  readonly directory: string
  readonly name?: string
  readonly config?: ConfigFile
  readonly platforms?: readonly PlatformConfig[]
  /** Those of a process before it; free ones when absent. */
  readonly ports?: { readonly ocpi: number; readonly admin: number }
  /** Put before the command, e.g. `['prlimit', '--fsize=1000000']`. */
  readonly wrapper?: readonly string[]
}

const AUTHORIZED = { authorization: `Bearer ${ADMIN_TOKEN}` }
const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** Starts it and comes back at once. */
export async function startHubProcess(options: HubProcessOptions): Promise<HubProcess> {
  const { directory, name = 'hub', wrapper = [] } = options
  const ports = options.ports ?? { ocpi: await stablePort(), admin: await stablePort() }
  const file = join(directory, `${name}.yaml`)
  // JSON is YAML.
  writeFileSync(file, JSON.stringify(configFile(options, ports)))
  const [command, ...args] = [...wrapper, process.execPath, ...program(), 'serve', '--config', file]
  const child = spawn(command!, args, {
    cwd: ROOT,
    env: { PATH: process.env.PATH, HOME: process.env.HOME },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const release = reap(child.pid)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  }
  const ended = once(child, 'close').then(([code, signal]) => {
    release()
    return { code: code as number | null, signal: signal as string | null }
  })
  const ocpiUrl = `http://127.0.0.1:${ports.ocpi}`
  const adminUrl = `http://127.0.0.1:${ports.admin}`
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null

  async function health(): Promise<{ status: number; json: unknown }> {
    try {
      const response = await fetch(`${ocpiUrl}/health/ready`, { signal: AbortSignal.timeout(2_000) })
      return { status: response.status, json: await response.json() }
    } catch {
      return { status: 0, json: undefined }
    }
  }

  return {
    pid: child.pid!,
    ocpiPort: ports.ocpi,
    adminPort: ports.admin,
    ocpiUrl,
    adminUrl,
    cpuMs: () => cpuMsOf(child.pid!),
    memoryBytes: () => memoryBytesOf(child.pid!),
    log: () => output,
    admin: (path, init) => callAdmin(adminUrl, path, init),
    metrics: async () => (await fetch(`${adminUrl}/metrics`, { headers: AUTHORIZED })).text(),
    health,
    async ready(limitMs = 30_000) {
      await waitFor(async () => hasEnded() || (await health()).status === 200, {
        limitMs,
        what: `a ready ${name}`,
      })
      if (hasEnded()) throw new Error(`${name} ended: ${output}`)
    },
    signal: (signal) => void child.kill(signal),
    ended,
    async end() {
      if (!hasEnded()) child.kill('SIGKILL')
      await ended
    },
  }
}

function cpuMsOf(pid: number): number {
  // Behind the name in brackets; user and system time in ticks, a hundred a second on Linux.
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

function memoryBytesOf(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))![1]) * 1024
}

async function callAdmin(
  adminUrl: string,
  path: string,
  init: { method?: string; json?: unknown } = {},
): Promise<{ status: number; json: unknown }> {
  const hasBody = init.json !== undefined
  const response = await fetch(`${adminUrl}/api/v1${path}`, {
    method: init.method ?? 'GET',
    headers: { ...AUTHORIZED, ...(hasBody ? { 'content-type': 'application/json' } : {}) },
    ...(hasBody ? { body: JSON.stringify(init.json) } : {}),
  })
  const text = await response.text()
  return { status: response.status, json: text === '' ? undefined : (JSON.parse(text) as unknown) }
}

function configFile(options: HubProcessOptions, ports: { ocpi: number; admin: number }): ConfigFile {
  return {
    hub: { country_code: 'NL', party_id: 'HUB', name: 'Hub under test', public_url: PUBLIC_URL },
    listen: {
      ocpi: { host: '127.0.0.1', port: ports.ocpi },
      admin: { host: '127.0.0.1', port: ports.admin },
    },
    admin: { token: ADMIN_TOKEN },
    registry: { path: join(options.directory, 'data') },
    secret_key: Buffer.alloc(32, 7).toString('base64'),
    network: { require_https: false, allow: ['127.0.0.0/8'] },
    liveness: { probe_after: '1h', timeout: '2s', offline_after: 1000 },
    shutdown: { delay: '1ms', timeout: '5s' },
    platforms: (options.platforms ?? []).map(toFile),
    ...options.config,
  }
}

/** A platform as the file has it. */
function toFile(platform: PlatformConfig): object {
  return {
    id: platform.id,
    version: platform.version,
    tokens: platform.tokens,
    versions_url: platform.versionsUrl,
    endpoints: platform.endpoints,
    roles: platform.roles.map(({ countryCode, partyId, ...role }) => ({
      country_code: countryCode,
      party_id: partyId,
      ...role,
    })),
    status: platform.status,
    errors: platform.errors,
  }
}

let found: readonly string[] | undefined

/**
 * The built hub when it is as new as its sources, as it is in a whole run of the tests; else the sources.
 * TEST_HUB_MAIN names another one, by its cli/main.js.
 */
function program(): readonly string[] {
  const given = process.env.TEST_HUB_MAIN
  if (given) return [given]
  found ??= isBuildFresh()
    ? [join(ROOT, 'dist/cli/main.js')]
    : ['--import', 'tsx', join(ROOT, 'src/cli/main.ts')]
  return found
}

function isBuildFresh(): boolean {
  const built = join(ROOT, 'dist/cli/main.js')
  if (!existsSync(built)) return false
  const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  const newest = sources
    .filter((path) => path.endsWith('.ts') && !path.startsWith('admin/dashboard'))
    .map((path) => statSync(join(ROOT, 'src', path)).mtimeMs)
  return Math.max(...newest) <= statSync(built).mtimeMs
}
