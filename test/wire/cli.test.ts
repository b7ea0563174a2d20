// The executable in a process of its own: it serves, says what is wrong with its configuration, and stops.

import { execFile, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { readConfig } from '../../src/config/load.ts'
import { endCliProcesses, startCli, type CliProcess } from '../support/cli-process.ts'
import { waitFor } from '../support/wait.ts'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ocpi-hub-cli-'))
})
afterEach(endCliProcesses)
afterAll(() => rm(directory, { recursive: true }))

async function configFile(name: string, more = ''): Promise<string> {
  const path = join(directory, name)
  await writeFile(
    path,
    `hub: { country_code: NL, party_id: HUB, name: Hub, public_url: "http://localhost:8080" }
listen: { ocpi: { host: 127.0.0.1, port: 0 }, admin: { port: 0 } }
admin: { token: \${TOKEN:-planted-secret} }
registry: { path: ":memory:" }
${more}`,
  )
  return path
}

/** Put before a command: it is process 1 of its own, as in a container. */
const ISOLATED = ['unshare', '--user', '--map-root-user', '--pid', '--fork']

function canIsolate(): boolean {
  return spawnSync(ISOLATED[0]!, [...ISOLATED.slice(1), 'true']).status === 0
}

/** The OCPI URL from the log line of the start. */
function servedUrl(hub: CliProcess): Promise<string> {
  return waitFor(() => /"ocpi":"(http[^"]+)"/.exec(hub.out())?.[1], {
    limitMs: 15_000,
    what: 'a hub that serves',
  })
}

/** The free port of loopback where it listens until the test ends. */
async function listeningPort(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

describe('serve', () => {
  test('serves, answers a health check, and ends with 0 on SIGINT', async () => {
    const hub = startCli(['serve', '--config', await configFile('good.yaml')])
    const url = await servedUrl(hub)
    const check = startCli(['healthcheck', '--admin-url', url])
    expect([await check.ended, check.out(), check.err()]).toEqual([0, 'ok\n', ''])
    hub.signal('SIGINT')
    expect(await hub.ended).toBe(0)
    expect(hub.out() + hub.err()).not.toContain('planted-secret')
  })

  test('serves on when what Node warns of cannot be written', async () => {
    const program = "setInterval(()=>{process.emitWarning('odd');console.log('warned')},20).unref()"
    const env = { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(program)}` }
    const hub = startCli(['serve', '--config', await configFile('warned.yaml')], env)
    await servedUrl(hub)
    const warnings = () => hub.out().split('warned').length
    hub.deafen()
    const before = warnings()
    await waitFor(() => warnings() > before + 3, { what: 'warnings' })
    hub.signal('SIGINT')
    expect(await hub.ended).toBe(0)
  })

  test('names every fault of its configuration and ends with 1', async () => {
    const path = await configFile('bad.yaml', 'foo: 1\nforwarding: { timeout: 30 }')
    const hub = startCli(['serve', '-c', path])
    expect(await hub.ended).toBe(1)
    expect(
      hub
        .err()
        .split('\n')
        .map((line) => line.slice(path.length)),
    ).toEqual([
      ':5:1: foo: unknown key',
      ':6:24: forwarding.timeout: must be a duration with its unit, as in 250ms, 30s, 5m or 1h',
      '',
    ])
  })

  test('takes a SIGHUP while it starts for a reload that it does as soon as it serves', async () => {
    const text = await readFile(await configFile('slow.yaml'), 'utf8')
    const pipe = join(directory, 'pipe.yaml')
    await promisify(execFile)('mkfifo', [pipe])
    const hub = startCli(['serve', '--config', pipe])
    // Opens when the hub does: it waits for its configuration now.
    const writer = await open(pipe, 'w')
    hub.signal('SIGHUP')
    await writer.writeFile(text)
    await writer.close()
    await servedUrl(hub)
    await writeFile(pipe, text)
    await waitFor(() => hub.out().includes('the configuration was read again'))
    hub.signal('SIGINT')
    expect(await hub.ended).toBe(0)
  })

  test.runIf(canIsolate())('ends as process 1 when it is told to while it starts', async () => {
    const pipe = join(directory, 'first.yaml')
    await promisify(execFile)('mkfifo', [pipe])
    const hub = startCli(['serve', '--config', pipe], {}, ISOLATED)
    const writer = await open(pipe, 'w')
    hub.signalChild('SIGTERM')
    // Its configuration goes on: a busy process would read an end of it first, and say what it lacks; and Node ends only
    // when a reading that is under way has given something.
    const going = setInterval(() => void writer.write('#\n').catch(() => undefined), 20)
    onTestFinished(() => clearInterval(going))
    expect(await hub.ended).toBe(143)
    clearInterval(going)
    await writer.close()
    expect(hub.err()).toBe('')
  })

  test('says that its port is taken and ends with 1', async () => {
    const port = await listeningPort(createServer())
    const path = await configFile('taken.yaml')
    await writeFile(
      path,
      (await readFile(path, 'utf8')).replace('127.0.0.1, port: 0', `127.0.0.1, port: ${port}`),
    )
    const hub = startCli(['serve', '-c', path])
    expect(await hub.ended).toBe(1)
    expect(hub.err()).toBe(
      `error: listen EADDRINUSE: address already in use 127.0.0.1:${port}: another program listens there\n`,
    )
  })
})

describe('sandbox', () => {
  test('runs the parties until SIGTERM', async () => {
    const sandbox = startCli(['sandbox', '--port', '0', '--json'])
    const parties = await waitFor(
      () => (JSON.parse(sandbox.out()) as { parties: { party: string; address: string }[] }).parties,
      { limitMs: 15_000, what: 'the list of the parties' },
    )
    const cpo = parties.find(({ party }) => party === 'DE-CPO')!
    const response = await fetch(`${cpo.address}/ocpi/versions`)
    expect(response.status).toBe(401)
    await response.body?.cancel()
    sandbox.signal('SIGTERM')
    expect(await sandbox.ended).toBe(0)
  })

  test('prints their connections as a hub reads them', async () => {
    const sandbox = startCli(['sandbox', '--port', '0', '--platforms'])
    await waitFor(() => sandbox.err().includes('Ctrl-C'), { limitMs: 15_000, what: 'the end of the list' })
    const file = [
      'hub: { country_code: NL, party_id: HUB, name: Hub, public_url: "http://localhost:8080" }',
      'network: { require_https: false }',
      sandbox.out(),
    ].join('\n')
    const { config, faults } = readConfig(file, 'hub.yaml', {})
    expect(faults).toEqual([])
    expect(config?.platforms.map(({ id }) => id)).toEqual(
      expect.arrayContaining(['nl-ems', 'de-cpo', 'de-401']),
    )
    sandbox.signal('SIGINT')
    expect(await sandbox.ended).toBe(0)
  })
})

describe('the executable', () => {
  test('ends quietly when its reader does', async () => {
    const run = `${process.execPath} --import tsx src/cli/main.ts explain 4003 2>&1 | head -n 1; exit \${PIPESTATUS[0]}`
    const { stdout } = await promisify(execFile)('bash', ['-c', run])
    expect(stdout).toMatch(/^4003 {2}OCPI status code\n$/)
  })

  test('says that its output cannot be written and ends with 1', async () => {
    const run = `${process.execPath} --import tsx src/cli/main.ts explain 4003 2>&1 >/dev/full; echo $?`
    const { stdout } = await promisify(execFile)('bash', ['-c', run])
    expect(stdout).toBe('error: standard output cannot be written (ENOSPC)\n1\n')
  })

  test('says that what listens closed the connection, also when it does so as soon as it was made', async () => {
    const port = await listeningPort(createServer((socket) => socket.end()))
    const url = `http://127.0.0.1:${port}`
    for (let round = 0; round < 4; round += 1) {
      const asking = startCli(['healthcheck', '--admin-url', url])
      expect(await asking.ended).toBe(1)
      expect(asking.err()).toMatch(/^error: what listens at http\S+ closed the connection \(\w+\)/)
    }
  })

  test('says on standard error that a command is unknown and ends with 2', async () => {
    const run = startCli(['nonsense'])
    expect([await run.ended, run.out()]).toEqual([2, ''])
    expect(run.err()).toMatch(/unknown command 'nonsense'/)
  })
})
