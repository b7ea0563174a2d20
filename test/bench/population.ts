// Hubs with many parties for the scale benchmark: a registry on disk, and requests by any of its platforms.

import { hkdfSync } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { hashToken } from '../../src/ocpi/token.ts'
import { openEnvironment } from '../../src/journal/environment.ts'
import { importRegistry, type RegistryBackup } from '../../src/registry/backup.ts'
import { createEmbeddedStore } from '../../src/registry/embedded.ts'
import { ADMIN_TOKEN } from '../support/config.ts'
import { SECRET } from '../support/platforms.ts'
import { stablePort } from '../support/ports.ts'
import { fillRegistry, numberedParty } from '../support/registry-filler.ts'
import { leaveCoreToMainThread, start } from './processes.ts'

export const PARTIES_EACH = 5
/** Platforms that are asked; all others only ask, so that the number of outbound connections is the same at any size. */
const RECEIVERS = 2

export interface RunningHub {
  readonly pid: number
  readonly port: number
  readonly adminUrl: string
  /** From the start of the process until it was ready. */
  readonly startMs: number
  /** Failures that make a platform OFFLINE. */
  readonly offlineAfter: number
  end(): Promise<void>
}

// As base.ts derives it.
const hashKey = Buffer.from(hkdfSync('sha256', SECRET, '', 'ocpi-hub token hashes', 32))
const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

/** Of so many parties the platforms from this one on have nobody listening: whoever asks one makes it OFFLINE. */
export function firstClosed(parties: number): number {
  return Math.max(RECEIVERS, parties / PARTIES_EACH / 2)
}

/** Those platforms. */
export function closedPlatforms(parties: number): number[] {
  const first = firstClosed(parties)
  return Array.from({ length: Math.max(0, parties / PARTIES_EACH - first) }, (_, index) => first + index)
}

/** A registry of so many parties, five to a platform; the first half of the platforms is reached at one receiver. */
export function populate(parties: number, receiverPort: number): Promise<RegistryBackup> {
  return fillRegistry({
    platforms: parties / PARTIES_EACH,
    partiesEach: PARTIES_EACH,
    change: (platform, index) => {
      const base = `http://127.0.0.1:${index < firstClosed(parties) ? receiverPort : 1}/ocpi/2.2.1`
      return {
        ...platform,
        inbound: [{ hash: hashToken(tokenOf(index), hashKey), purpose: 'credentials' }],
        endpoints: ['locations', 'sessions', 'cdrs', 'tokens', 'tariffs'].flatMap((module) => [
          { module, role: 'SENDER', url: `${base}/sender/${module}` },
          { module, role: 'RECEIVER', url: `${base}/receiver/${module}` },
        ]),
      }
    },
  })
}

const tokenOf = (platform: number): string => `inbound-${platform}`

/** GET requests by every party in turn, to parties of the two receivers. */
export function requestsOf(parties: number): string[] {
  const receivers = RECEIVERS * PARTIES_EACH
  return Array.from({ length: parties }, (_, number) => forwarded(number, number % receivers, number))
}

/** A request to a platform, by one that is there. */
export function requestTo(platform: number): string {
  return forwarded(0, platform * PARTIES_EACH, platform)
}

/** A request by a platform, to one that is there. */
export function requestBy(platform: number): string {
  return forwarded(platform * PARTIES_EACH, 0, platform)
}

function forwarded(fromNumber: number, toNumber: number, id: number): string {
  const [from, to] = [numberedParty(fromNumber), numberedParty(toNumber)]
  const token = Buffer.from(tokenOf(Math.floor(fromNumber / PARTIES_EACH))).toString('base64')
  const headers = {
    Host: '127.0.0.1',
    Authorization: `Token ${token}`,
    'OCPI-from-country-code': from.slice(0, 2),
    'OCPI-from-party-id': from.slice(3),
    'OCPI-to-country-code': to.slice(0, 2),
    'OCPI-to-party-id': to.slice(3),
    'X-Request-ID': `request-${id}`,
    'X-Correlation-ID': `correlation-${id}`,
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return `GET /ocpi/2.2.1/sender/locations/LOC1 HTTP/1.1\r\n${lines.join('')}\r\n`
}

/** A built hub on a registry that is on the disk before it starts. */
export async function startPopulated(
  backup: RegistryBackup,
  directory: string,
  offlineAfter = 1,
): Promise<RunningHub> {
  const path = join(directory, `data-${backup.records.length}-${offlineAfter}`)
  mkdirSync(path, { recursive: true })
  const environment = await openEnvironment(path)
  await importRegistry(createEmbeddedStore(environment), backup, { replace: true })
  await environment.close()
  const [port, adminPort] = [await stablePort(), await stablePort()]
  const file = `${path}.yaml`
  const config = {
    hub: { country_code: 'NL', party_id: 'HUB', name: 'Scale', public_url: `http://127.0.0.1:${port}` },
    listen: { ocpi: { host: '127.0.0.1', port }, admin: { host: '127.0.0.1', port: adminPort } },
    admin: { token: ADMIN_TOKEN },
    registry: { path },
    secret_key: SECRET.toString('base64'),
    network: { require_https: false, allow: ['127.0.0.0/8'] },
    liveness: { probe_after: '24h', offline_after: offlineAfter },
    log: { level: 'warn' },
  }
  // JSON is YAML.
  writeFileSync(file, JSON.stringify(config))
  const begun = performance.now()
  const child = start('proxy', [process.execPath, '--enable-source-maps', MAIN, 'serve', '--config', file], {
    mute: true,
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  while (!(await isReady(port))) {
    if (child.exitCode !== null) throw new Error('the hub ended')
  }
  leaveCoreToMainThread(child.pid!)
  return {
    pid: child.pid!,
    port,
    adminUrl: `http://127.0.0.1:${adminPort}`,
    startMs: performance.now() - begun,
    offlineAfter,
    async end() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

async function isReady(port: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/health/ready`)).status === 200
  } catch {
    await new Promise((resolve) => setTimeout(resolve, 5))
    return false
  }
}
