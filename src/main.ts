// `ocpi-hub serve`: reads the configuration, starts the hub (and the sandbox, if it is on), says where it is, and
// shuts down in stages on SIGTERM so that no request is lost.

import closeWithGrace from 'close-with-grace'
import type { HubConfig } from './config/hub-config.ts'
import { type ConfigResult, type Environment, formatFault, loadConfig } from './config/load.ts'
import { HUB_VERSION } from './base.ts'
import { createHub, CUT_OFFS_MS, type Hub } from './hub.ts'
import { startSandbox } from './sandbox/sandbox.ts'

/** What closing the stores may take, after which the process ends regardless. */
const STORES_MAX_MS = 1_000

/**
 * What the machine raises for a crash, a data file that was cut off under its mapping among them. Node calls a listener
 * after the instruction, which never ends: the process would stand at full load, with nobody to start it anew.
 */
const CRASHES = ['SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGILL', 'SIGSEGV', 'SIGTRAP'] as const

/**
 * Serves until a signal ends it. Faults of the configuration are printed to standard error and end it with
 * exit code 1. SIGTERM drains; SIGINT closes without the wait for load balancers; a second signal ends at once.
 * A hang-up (SIGHUP) reads the file again; `onHangUp` is told how once the hub is there.
 */
export async function serveHub(
  configPath: string,
  env: Environment,
  onHangUp: (reload: () => void) => void,
): Promise<void> {
  const loaded = await loadConfig(configPath, env)
  if (!loaded.config) {
    for (const fault of loaded.faults) process.stderr.write(`${formatFault(fault)}\n`)
    process.exitCode = 1
    return
  }
  const sandbox = loaded.config.sandbox
    ? await startSandbox({ hubVersionsUrl: `${loaded.config.hub.publicUrl}/ocpi/versions` })
    : undefined
  const withSandbox = (read: HubConfig): HubConfig =>
    sandbox ? { ...read, platforms: [...read.platforms, ...sandbox.platforms] } : read
  const config = withSandbox(loaded.config)
  const load = async (): Promise<ConfigResult> => {
    const again = await loadConfig(configPath, env)
    return again.config ? { ...again, config: withSandbox(again.config) } : again
  }
  const hub = await createHub(config, { load }).catch(async (error: unknown) => {
    await sandbox?.close()
    throw error
  })
  const { delayMs, timeoutMs } = config.shutdown
  closeWithGrace(
    {
      delay: delayMs + timeoutMs + CUT_OFFS_MS + STORES_MAX_MS,
      skip: [...CRASHES, 'SIGHUP', 'beforeExit'],
      logger: false,
    },
    async ({ signal, err }) => {
      if (err) hub.log.error({ err }, 'the hub ends on an unexpected error')
      await hub.close({ delayMs: signal === 'SIGTERM' ? delayMs : 0 })
      await sandbox?.close()
    },
  )
  onHangUp(() => void hub.reload('signal SIGHUP'))
  announce(hub, config)
}

/** Where the hub is and, with the sandbox, what to try first. */
function announce(hub: Hub, config: HubConfig): void {
  if (!config.sandbox) {
    hub.log.info({ version: HUB_VERSION, ocpi: hub.ocpiUrl, admin: hub.adminUrl }, 'ocpi-hub serves')
    if (hub.adminTokenIsRandom) process.stdout.write(`admin token (new at each start): ${hub.adminToken}\n`)
    return
  }
  const authorization = Buffer.from('sandbox-nl-ems').toString('base64')
  process.stdout.write(
    [
      `ocpi-hub ${HUB_VERSION} with sandbox parties`,
      `  OCPI   ${hub.ocpiUrl}/ocpi/versions`,
      `  admin  ${hub.adminUrl}${hub.adminTokenIsRandom ? `  token ${hub.adminToken}` : ''}`,
      '  try    curl -s -H "Authorization: Token ' + authorization + '" \\',
      '           -H "OCPI-to-country-code: DE" -H "OCPI-to-party-id: CPO" \\',
      '           -H "OCPI-from-country-code: NL" -H "OCPI-from-party-id: EMS" \\',
      `           "${hub.ocpiUrl}/ocpi/2.2.1/sender/locations?limit=1"`,
      '',
    ].join('\n'),
  )
}
