// A full disk for one process: a file system in memory of a few megabytes that only it sees, or, where that is not
// allowed, a limit on the size of its files. It is gone with the process.

import { execFileSync } from 'node:child_process'
import { rmSync, statfsSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeDirectory } from './directory.ts'

export interface SmallDisk {
  readonly path: string
  /** To be put before the command of the process. */
  readonly wrapper: readonly string[]
  /** Leaves no room for the process, which has written its `data.mdb` there. */
  fill(pid: number): void
  /** Leaves room again. */
  free(pid: number): void
  /** Takes the directory away. */
  remove(): void
}

// More than the hub leaves free.
const MEBIBYTES = 32

export function smallDisk(): SmallDisk {
  const directory = makeDirectory()
  const { path } = directory
  const remove = (): void => directory.remove()
  for (const unshare of [
    ['unshare', '-m'],
    ['unshare', '-rm'],
  ]) {
    const mount = `mount -t tmpfs -o size=${MEBIBYTES}m tmpfs '${path}'`
    if (!succeeds([...unshare, 'sh', '-c', mount])) continue
    const filler = (pid: number) => join(`/proc/${pid}/root`, path, 'filler')
    return {
      path,
      wrapper: [...unshare, 'sh', '-c', `${mount} && exec "$0" "$@"`],
      fill: (pid) => fill(filler(pid)),
      free: (pid) => rmSync(filler(pid)),
      remove,
    }
  }
  return {
    path,
    wrapper: [],
    fill: (pid) => limitFiles(pid, `${statSync(join(path, 'data.mdb')).size}`),
    free: (pid) => limitFiles(pid, 'unlimited'),
    remove,
  }
}

/** Writes zeros until the file system is full to its last page. */
function fill(file: string): void {
  writeFileSync(file, '')
  for (let room = 1; room > 0; ) {
    const { bavail, bsize } = statfsSync(file)
    room = bavail * bsize
    if (room > 0) writeFileSync(file, Buffer.alloc(room), { flag: 'a' })
  }
}

/** RLIMIT_FSIZE of a process that runs, the soft one. */
function limitFiles(pid: number, bytes: string): void {
  execFileSync('prlimit', ['--pid', String(pid), `--fsize=${bytes}:`])
}

function succeeds([command, ...args]: readonly string[]): boolean {
  try {
    execFileSync(command!, args, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
