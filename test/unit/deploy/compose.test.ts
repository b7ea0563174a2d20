// docker-compose.yml against the real files: no Docker is needed, nor started.

import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readDuration } from '../../../src/config/units.ts'
import type { HubConfig } from '../../../src/config/hub-config.ts'
import { loadConfig } from '../../../src/config/load.ts'
import { makeDirectory } from '../../support/directory.ts'
import { findTool, runTool } from '../../support/tools.ts'
import { compose, hub, hubEnvironment, makeSecrets, projectFile } from './compose.ts'

const CONFIG = 'config/docker/hub.yaml'
const services = Object.entries(compose.services)
const { version } = JSON.parse(projectFile('package.json')) as { version: string }

const secrets = makeDirectory()
let config: HubConfig

beforeAll(async () => {
  makeSecrets(secrets.path)
  const result = await loadConfig(CONFIG, hubEnvironment(secrets.path))
  expect(result.faults).toEqual([])
  config = result.config!
})
afterAll(() => secrets.remove())

describe('the topology', () => {
  it('is two hubs alike, Redis and a load balancer; Prometheus and Grafana only when asked for', () => {
    const byDefault = services.filter(([, service]) => !service.profiles).map(([name]) => name)
    expect(byDefault.sort()).toEqual(['haproxy', 'hub-a', 'hub-b', 'redis', 'secrets'])
    expect(compose.services['hub-b']).toEqual(hub)
    expect([compose.services.prometheus?.profiles, compose.services.grafana?.profiles]).toEqual([
      ['monitoring'],
      ['monitoring'],
    ])
  })

  it('waits for a Redis that answers and for the secrets', () => {
    expect(hub.depends_on).toEqual({
      redis: { condition: 'service_healthy' },
      secrets: { condition: 'service_completed_successfully' },
    })
  })

  it('keeps Redis out of reach for all but the hubs, and admin side and monitoring on this machine', () => {
    expect(compose.networks.inside?.internal).toBe(true)
    const inside = services.filter(([, { networks }]) => networks?.includes('inside')).map(([name]) => name)
    expect(inside.sort()).toEqual(['hub-a', 'hub-b', 'redis'])
    const open = services
      .flatMap(([, { ports = [] }]) => ports)
      .filter((port) => !port.startsWith('127.0.0.1:'))
    expect(open).toEqual(['8080:8080'])
  })

  it('gives Redis a durable log and never lets it evict', () => {
    const command = compose.services.redis?.command?.join(' ')
    expect(command).toContain('--appendonly yes')
    expect(command).toContain('--maxmemory-policy noeviction')
    expect(compose.services.redis?.volumes).toEqual(['redis:/data'])
    expect(compose.services.redis?.healthcheck?.test).toEqual(['CMD', 'redis-cli', 'ping'])
  })

  it('mounts only what exists, and declares its volumes and networks', () => {
    for (const [, { volumes = [], networks = [] }] of services) {
      for (const volume of volumes) {
        const [source] = volume.split(':')
        if (source!.startsWith('.')) expect(existsSync(source!), source).toBe(true)
        else expect(Object.keys(compose.volumes)).toContain(source)
      }
      for (const network of networks) expect(Object.keys(compose.networks)).toContain(network)
    }
  })

  it('is taken by docker compose, where that is installed', async () => {
    const docker = findTool('docker')
    const hasPlugin = docker && (await runTool(docker, ['compose', 'version']).then(Boolean, () => false))
    if (hasPlugin) await runTool(docker, ['compose', '--profile', 'monitoring', 'config', '--quiet'])
  })
})

describe('every service', () => {
  it.each(services)('%s is of a fixed version', (_name, { image }) => {
    expect(image).toMatch(/^[a-z./-]+:v?\d+\.\d+(\.\d+)?(-[a-z]+)?$/)
  })

  it.each(services)('%s writes to nothing but its volumes, and gains no rights', (_name, service) => {
    expect(service).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
    })
    expect(service.user).toMatch(/^(?!root$|0(:|$))\S+$/)
  })
})

describe('the hubs', () => {
  it('are the version that is here', () => {
    expect([hub.image, hub.build]).toEqual([`ocpi-hub:${version}`, '.'])
  })

  it('run with a configuration that the schema takes, on the Redis of the file', () => {
    expect(config.registry).toMatchObject({ driver: 'redis', url: 'redis://redis:6379' })
    expect(config).toMatchObject({ sandbox: false, network: { requireHttps: true, allow: [] } })
    expect(config.secretKeys.map((key) => key.length)).toEqual([32])
  })

  it('get every variable that the configuration reads, and no other', () => {
    const read = new Set([...projectFile(CONFIG).matchAll(/\$\{(\w+)/g)].map(([, name]) => name!))
    const given = Object.keys(hub.environment!).map((name) => name.replace(/_FILE$/, ''))
    expect(given.filter((name) => name !== 'NODE_OPTIONS').sort()).toEqual([...read].sort())
  })

  it('tell of alerts where the environment says, and nowhere unless it does', async () => {
    expect(config.alerts.webhook).toBeUndefined()
    const environment = {
      ...hubEnvironment(secrets.path),
      OCPI_HUB_ALERT_WEBHOOK: 'https://alerts.example.com/ocpi',
      OCPI_HUB_ALERT_AUTHORIZATION: 'Bearer of-the-alerts',
    }
    const told = await loadConfig(CONFIG, environment)
    expect(told.config?.alerts).toMatchObject({
      webhook: 'https://alerts.example.com/ocpi',
      authorization: 'Bearer of-the-alerts',
    })
  })

  it('are killed only after they had the time they are given to drain', () => {
    const { delayMs, timeoutMs } = config.shutdown
    expect(readDuration(hub.stop_grace_period!)).toBeGreaterThan(delayMs + timeoutMs + 1_000)
  })

  it('find their secrets made, unreadable for others, and made once', async () => {
    const key = () =>
      loadConfig(CONFIG, hubEnvironment(secrets.path)).then((result) => result.config?.secretKeys)
    const before = await key()
    makeSecrets(secrets.path)
    expect(await key()).toEqual(before)
    expect(statSync(join(secrets.path, 'secret-key')).mode & 0o777).toBe(0o440)
    expect(compose.services.secrets?.volumes).toEqual(['secrets:/secrets'])
    const readers = services.filter(([name]) => name !== 'secrets').flatMap(([, one]) => one.volumes ?? [])
    expect(readers.filter((volume) => volume.startsWith('secrets:'))).toEqual(
      Array.from({ length: 4 }, () => 'secrets:/secrets:ro'),
    )
  })
})
