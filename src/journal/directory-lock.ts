// A lock that cannot be left behind: its holder listens on a local socket, which the kernel closes however the
// process ends. Process ids would not do: in containers every hub has the same one, and ids are used again.

import { randomUUID } from 'node:crypto'
import { existsSync, rmSync, symlinkSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { hostname, tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'

/** Who holds the directory. */
export interface Claim {
  /** Where the holder sees its socket. Others may see the directory elsewhere: only the name counts. */
  readonly socket: string
  readonly pid: number
  readonly host: string
}

/** Where the claim is kept. `exchange` writes `next` only if the claim is still the one `seen`, atomically. */
export interface Claims {
  read(): Claim | undefined
  exchange(seen: Claim | undefined, next: Claim): boolean
}

// sun_path holds 108 bytes on Linux and 104 on macOS.
const SOCKET_PATH_BYTES_MAX = 100
const ATTEMPTS_MAX = 20

/** Takes the directory, or throws an `Error` that names the process that has it. Gives the way to release it. */
export async function takeDirectory(directory: string, claims: Claims): Promise<() => Promise<void>> {
  const socket = join(resolve(directory), `lock-${randomUUID().slice(0, 8)}.sock`)
  const own: Claim = { socket, pid: process.pid, host: hostname() }
  const server = await withShortPath(socket, listen)
  const release = async (): Promise<void> => {
    await stop(server)
    rmSync(socket, { force: true })
  }
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const holder = claims.read()
    const held = holder && placeOf(directory, holder)
    if (holder && held !== undefined && (await withShortPath(held, isAlive))) {
      await release()
      throw new Error(
        `registry.path ${directory} is in use by another ocpi-hub (process ${holder.pid} on ${holder.host}). ` +
          'Stop that one first, or go through it, with a verb without --config. Hubs side by side need a directory ' +
          'each, or one registry with the driver "redis".',
      )
    }
    // The claim stays when the directory is given back: a claim without a listener is nobody's.
    if (claims.exchange(holder, own)) {
      if (held !== undefined) rmSync(held, { force: true })
      return release
    }
  }
  await release()
  throw new Error(`registry.path ${directory} cannot be locked: several processes keep trying to`)
}

/**
 * Where the holder's socket is seen from here: in the directory, wherever that was mounted or moved to, or elsewhere,
 * where older hubs had it for long paths. `undefined`: nowhere.
 */
function placeOf(directory: string, { socket }: Claim): string | undefined {
  return [join(resolve(directory), basename(socket)), socket].find((path) => existsSync(path))
}

/** Runs `use` on the path, or on one that leads to the same place where it is too long for a socket. */
async function withShortPath<Result>(path: string, use: (path: string) => Promise<Result>): Promise<Result> {
  if (Buffer.byteLength(path) <= SOCKET_PATH_BYTES_MAX) return use(path)
  const shortcut = join(tmpdir(), `ocpi-hub-${randomUUID().slice(0, 8)}`)
  symlinkSync(dirname(path), shortcut)
  try {
    return await use(join(shortcut, basename(path)))
  } finally {
    rmSync(shortcut, { force: true })
  }
}

function listen(socket: string): Promise<Server> {
  return new Promise((done, failed) => {
    const server = createServer((connection) => connection.destroy())
    server.once('error', failed)
    server.listen(socket, () => {
      // The lock must not keep a process running that is done otherwise.
      server.unref()
      server.removeListener('error', failed)
      server.on('error', () => {})
      done(server)
    })
  })
}

function stop(server: Server): Promise<void> {
  return new Promise((done) => server.close(() => done()))
}

/** Whether somebody listens. A socket that cannot be asked counts as held: better refused than shared. */
function isAlive(socket: string): Promise<boolean> {
  return new Promise((done) => {
    const connection = connect(socket)
    connection.once('connect', () => {
      connection.destroy()
      done(true)
    })
    connection.once('error', (error: NodeJS.ErrnoException) => {
      done(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT')
    })
  })
}
