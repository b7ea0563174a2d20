// The certificates of the hub's own listeners: whatever their dates, they are served; the log tells at start and at each
// reload what clients refuse or soon will, and the metrics when what is served ends.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { once } from 'node:events'
import { connect } from 'node:tls'
import { afterEach, expect, it } from 'vitest'
import { selfSigned } from '../support/certificates.ts'
import { endCliProcesses, startCli, type CliProcess } from '../support/cli-process.ts'
import { ADMIN_TOKEN } from '../support/config.ts'
import { makeDirectory } from '../support/directory.ts'
import { waitFor } from '../support/wait.ts'
import { cli } from '../unit/cli/run.ts'

const METRIC = 'ocpi_hub_listener_certificate_expiry_timestamp_seconds'
const directory = makeDirectory()
const cert = join(directory.path, 'hub.crt')
const file = join(directory.path, 'hub.yaml')

afterEach(async () => {
  await endCliProcesses()
  directory.remove()
})

async function write(fromDays: number, toDays: number): Promise<void> {
  const made = await selfSigned('127.0.0.1', { fromDays, toDays })
  writeFileSync(cert, made.cert)
  writeFileSync(join(directory.path, 'hub.key'), made.key)
}

function writeConfig(): void {
  const listener = { host: '127.0.0.1', port: 0 }
  const tls = { cert, key: join(directory.path, 'hub.key') }
  const config = {
    hub: { country_code: 'NL', party_id: 'HUB', name: 'TLS', public_url: 'https://hub.example' },
    listen: { ocpi: { ...listener, tls }, admin: listener },
    admin: { token: ADMIN_TOKEN },
    registry: { path: ':memory:' },
  }
  // JSON is YAML.
  writeFileSync(file, JSON.stringify(config, null, 2))
}

type Line = Readonly<Record<string, unknown>>

function linesOf(hub: CliProcess): Line[] {
  const whole = hub.out().slice(0, hub.out().lastIndexOf('\n') + 1)
  return whole.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Line]))
}

function warningsOf(hub: CliProcess): Line[] {
  return linesOf(hub).filter(({ level, listener }) => level === 'warn' && listener !== undefined)
}

/** Days until the end that the metric tells of, by listener. */
async function daysLeft(adminUrl: string): Promise<Record<string, number>> {
  const page = await fetch(`${adminUrl}/metrics`, { headers: { authorization: `Bearer ${ADMIN_TOKEN}` } })
  const samples = (await page.text()).matchAll(new RegExp(`^${METRIC}\\{listener="(\\w+)"\\} (\\S+)$`, 'gm'))
  return Object.fromEntries(
    [...samples].map(([, listener, end]) => [
      listener,
      Math.round((Number(end) - Date.now() / 1000) / 86_400),
    ]),
  )
}

it('are served when expired, and told in check, the log and the metrics until they are renewed', async () => {
  await write(-40, -10)
  writeConfig()
  const place = `${file}:13:17: warning: listen.ocpi.tls.cert: the certificate expired on `
  const checked = await cli(['check', '-c', file])
  expect(checked).toMatchObject({ code: 0, err: expect.stringContaining(place) })
  expect(checked.out).toContain('is valid')
  const json = JSON.parse((await cli(['check', '-c', file, '--json'])).out) as object
  expect(json).toMatchObject({
    faults: [],
    warnings: [{ file, line: 13, col: 17, message: expect.stringContaining('expired on ') }],
  })

  const hub = startCli(['serve', '-c', file])
  const started = await waitFor(() => linesOf(hub).find(({ msg }) => msg === 'ocpi-hub serves'), {
    what: 'a hub that serves',
    limitMs: 30_000,
  })
  expect(warningsOf(hub)).toMatchObject([
    {
      listener: 'ocpi',
      file: cert,
      msg: expect.stringMatching(/^listen\.ocpi\.tls\.cert: .* expired on 20/),
    },
  ])
  const adminUrl = String(started.admin)
  const socket = connect({ port: Number(new URL(String(started.ocpi)).port), rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  socket.destroy()
  expect(await daysLeft(adminUrl)).toEqual({ ocpi: -10 })

  // What lies in the file is not served yet.
  await write(-1, 5.5)
  expect(await daysLeft(adminUrl)).toEqual({ ocpi: -10 })
  hub.signal('SIGHUP')
  const [, soon] = await waitFor(() => (warningsOf(hub).length > 1 ? warningsOf(hub) : undefined), {
    what: 'a warning of the reload',
  })
  expect(soon).toMatchObject({ file: cert, msg: expect.stringMatching(/ends on 20\S+, in 5 days$/) })

  await write(-1, 60)
  hub.signal('SIGHUP')
  await waitFor(async () => (await daysLeft(adminUrl)).ocpi === 60, { what: 'the new end' })
  expect(warningsOf(hub)).toHaveLength(2)
  expect((await cli(['check', '-c', file])).err).toBe('')
})
