// Who is measured: this hub with everything on, and what a user would put in its place. Each is started once, on
// ports of its own, in front of the same receiver.

import type { ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { firstLine, freePort, isInstalled, listening, start } from './processes.ts'
import { TOKENS } from './scenarios.ts'

export interface Contestant {
  readonly name: string
  readonly port: number
  readonly pid: number
}

export interface Site {
  /** Port of the receiver on 127.0.0.1. */
  readonly receiverPort: number
  /** Directory for configuration files and the hub's state. */
  readonly directory: string
}

const peer = (name: string) => fileURLToPath(new URL(`./peers/${name}`, import.meta.url))

export async function startReceiver(): Promise<number> {
  return Number(await firstLine(start('rest', [process.execPath, peer('receiver.mjs')])))
}

/** One of the Node proxies in peers/. */
export async function startPeer(name: string, file: string, site: Site): Promise<Contestant> {
  const child = start('proxy', [process.execPath, peer(file), `http://127.0.0.1:${site.receiverPort}`])
  return { name, port: Number(await firstLine(child)), pid: pidOf(child) }
}

/** A build of the hub by its command file, e.g. `dist/cli/main.js`, with a configuration written for the benchmark. */
export async function startHub(name: string, main: string, site: Site): Promise<Contestant> {
  const [port, adminPort] = [await freePort(), await freePort()]
  const file = join(site.directory, `${name.replaceAll(/\W/g, '-')}.yaml`)
  // JSON is YAML.
  writeFileSync(
    file,
    JSON.stringify(hubConfig(site, port, adminPort, join(site.directory, `${name}.data`)), null, 2),
  )
  const child = start('proxy', [process.execPath, '--enable-source-maps', main, 'serve', '--config', file], {
    mute: true,
  })
  await listening(child, port)
  return { name, port, pid: pidOf(child) }
}

function hubConfig(site: Site, port: number, adminPort: number, statePath: string) {
  const receiver = `http://127.0.0.1:${site.receiverPort}/ocpi/2.2.1`
  return {
    hub: {
      country_code: 'NL',
      party_id: 'HUB',
      name: 'Bench',
      public_url: `http://127.0.0.1:${port}`,
      versions: ['2.3.0', '2.2.1'],
    },
    listen: { ocpi: { host: '127.0.0.1', port }, admin: { host: '127.0.0.1', port: adminPort } },
    registry: { driver: 'embedded', path: statePath },
    secret_key: randomBytes(32).toString('base64'),
    network: { require_https: false, allow: ['127.0.0.0/8'] },
    platforms: [
      {
        id: 'requester',
        version: '2.2.1',
        tokens: { inbound: TOKENS.inbound },
        roles: [{ country_code: 'NL', party_id: 'EMS', role: 'EMSP' }],
        status: 'CONNECTED',
      },
      {
        id: 'receiver',
        version: '2.2.1',
        tokens: { inbound: 'bench-receiver-to-hub', outbound: TOKENS.outbound },
        endpoints: ['locations', 'tokens'].map((module) => ({
          module,
          role: 'SENDER',
          url: `${receiver}/sender/${module}`,
        })),
        roles: [{ country_code: 'DE', party_id: 'CPO', role: 'CPO' }],
        status: 'CONNECTED',
      },
    ],
  }
}

/** nginx with keep-alive towards the receiver, one process, nothing logged; `undefined` where it is not installed. */
export async function startNginx(site: Site): Promise<Contestant | undefined> {
  if (!isInstalled('nginx')) return undefined
  const port = await freePort()
  const file = join(site.directory, 'nginx.conf')
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  writeFileSync(
    file,
    `daemon off; master_process off; worker_processes 1; pid ${join(site.directory, 'nginx.pid')}; error_log stderr crit;
events { worker_connections 1024; }
http {
  access_log off; keepalive_requests 10000000;
  ${temporary.map((name) => `${name}_temp_path ${join(site.directory, `nginx-${name}`)};`).join(' ')}
  upstream receiver { server 127.0.0.1:${site.receiverPort}; keepalive 64; keepalive_requests 10000000; }
  server {
    listen 127.0.0.1:${port};
    location / { proxy_pass http://receiver; proxy_http_version 1.1; proxy_set_header Connection ""; }
  }
}
`,
  )
  // Before it has read its configuration nginx complains about the log directory of its package.
  const child = start('proxy', ['nginx', '-p', site.directory, '-c', file, '-e', 'stderr'], { quiet: true })
  await listening(child, port)
  return { name: 'nginx', port, pid: pidOf(child) }
}

/** HAProxy on one thread with keep-alive towards the receiver; `undefined` where it is not installed. */
export async function startHaproxy(site: Site): Promise<Contestant | undefined> {
  if (!isInstalled('haproxy')) return undefined
  const port = await freePort()
  const file = join(site.directory, 'haproxy.cfg')
  writeFileSync(
    file,
    `global
  nbthread 1
  maxconn 1024
defaults
  mode http
  http-reuse always
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend bench
  bind 127.0.0.1:${port}
  default_backend receiver
backend receiver
  server receiver 127.0.0.1:${site.receiverPort}
`,
  )
  const child = start('proxy', ['haproxy', '-db', '-f', file], { quiet: true })
  await listening(child, port)
  return { name: 'HAProxy', port, pid: pidOf(child) }
}

function pidOf(child: ChildProcess): number {
  if (child.pid === undefined) throw new Error('the process did not start')
  return child.pid
}
