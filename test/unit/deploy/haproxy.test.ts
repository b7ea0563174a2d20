// The load balancer's file: taken by haproxy where it is installed, and in step with the hubs behind it.

import { describe, expect, it } from 'vitest'
import { readConfig } from '../../../src/config/load.ts'
import { readDuration } from '../../../src/config/units.ts'
import { startBalancer } from '../../support/balancer.ts'
import { stablePort } from '../../support/ports.ts'
import { findTool, runTool } from '../../support/tools.ts'
import { waitFor } from '../../support/wait.ts'
import { compose, projectFile } from './compose.ts'

const FILE = 'config/haproxy/haproxy.cfg'
const text = projectFile(FILE)
const { config } = readConfig(projectFile('config/hub.production.yaml'), 'hub.production.yaml', {})

/** The duration behind these words, in milliseconds. */
function durationOf(words: string): number {
  const found = new RegExp(`^ *${words} (\\S+)`, 'm').exec(text)?.[1]
  return readDuration(found ?? '') ?? Number.NaN
}

describe('the load balancer', () => {
  it('has a file that haproxy takes, where it is installed', async () => {
    const haproxy = findTool('haproxy')
    const address = '127.0.0.1:1'
    const names = ['HUB_A_OCPI', 'HUB_A_ADMIN', 'HUB_B_OCPI', 'HUB_B_ADMIN']
    const env = Object.fromEntries(names.map((name) => [name, address]))
    if (haproxy) expect(await runTool(haproxy, ['-c', '-f', FILE], { env })).not.toContain('WARNING')
  })

  it.runIf(findTool('haproxy') && process.env.TEST_BALANCER !== 'own')(
    'answers with an envelope when no hub does',
    async () => {
      const hub = { ocpiPort: await stablePort(), adminPort: await stablePort() }
      const balancer = await startBalancer([hub, hub])
      try {
        const answer = await waitFor(() => fetch(`${balancer.url}/ocpi/versions`).catch(() => undefined))
        expect([answer.status, answer.headers.get('content-type')]).toEqual([503, 'application/json'])
        const envelope = (await answer.json()) as { status_code: number; timestamp: string }
        expect(envelope.status_code).toBe(4000)
        expect(Math.abs(Date.parse(envelope.timestamp) - Date.now())).toBeLessThan(60_000)
      } finally {
        await balancer.close()
      }
    },
  )

  it('stands before both hubs of the Compose file, on the ports they listen on', () => {
    for (const [name, letter] of [
      ['hub-a', 'A'],
      ['hub-b', 'B'],
    ] as const) {
      expect(compose.services[name]).toBeDefined()
      expect(text).toContain(`presetenv HUB_${letter}_OCPI ${name}:8080\n`)
      expect(text).toContain(`presetenv HUB_${letter}_ADMIN ${name}:8081\n`)
      expect(text).toMatch(new RegExp(`server ${letter.toLowerCase()} "\\$\\{HUB_${letter}_OCPI\\}"`))
    }
    const container = compose.services.haproxy!
    expect(container.volumes).toEqual([`./${FILE}:/usr/local/etc/haproxy/haproxy.cfg:ro`])
    for (const port of container.ports!) {
      expect(text).toContain(` :${port.split(':').at(-1)}\n`)
    }
  })

  it('notices that a hub drains before the hub stops listening', () => {
    const [, inter, fall] = /check inter (\S+) fall (\d+)/.exec(text)!
    const noticedMs = (readDuration(inter!)! + durationOf('timeout check')) * Number(fall)
    expect(noticedMs).toBeLessThan(config!.shutdown.delayMs)
    expect(text).toContain('option httpchk GET /health/ready')
  })

  it('waits longer than the hub does for a receiver, and closes idle connections before the hub does', () => {
    expect(durationOf('timeout server')).toBeGreaterThan(
      config!.forwarding.timeoutMs + config!.forwarding.connectTimeoutMs,
    )
    // The keepAliveTimeout of both listeners.
    expect(durationOf('timeout http-keep-alive')).toBeLessThan(72_000)
  })

  it('never sends a request twice that may have been acted upon (R92)', () => {
    expect([...text.matchAll(/^ *retry-on (.*)$/gm)].map(([, causes]) => causes)).toEqual(['conn-failure'])
  })
})
