// The data directory of an embedded hub: one process at a time, nothing acknowledged is lost, and faults that an
// operator can understand.

import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { openEnvironment } from '../../../src/journal/environment.ts'
import { smallDisk } from '../../support/small-disk.ts'

const cleanups: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

function directory(name = 'data'): string {
  const parent = mkdtempSync(join(tmpdir(), 'environment-'))
  cleanups.push(() => rmSync(parent, { recursive: true, force: true }))
  return join(parent, name)
}

/** Another process that opens the directory; gives it and its first message. */
async function otherProcess(
  path: string,
  wrapper: readonly string[] = [],
): Promise<{ child: ChildProcess; said: unknown }> {
  const holder = fileURLToPath(new URL('./environment-holder.ts', import.meta.url))
  const [command, ...args] = [...wrapper, process.execPath, '--import', 'tsx', holder, path]
  const child = spawn(command!, args, { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
  cleanups.push(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  })
  const [said] = (await once(child, 'message')) as [unknown]
  return { child, said }
}

async function messageOf(opening: Promise<unknown>): Promise<string> {
  return opening.then(
    () => 'opened',
    (error: unknown) => (error as Error).message,
  )
}

/** Of an lmdb file where the machine's pages have this size. */
const PAGE = 4096

describe('the data directory', () => {
  it('is made when it is not there, for its owner alone, also with a dot in its name', async () => {
    const path = directory('.data.v1')
    const environment = await openEnvironment(path)
    cleanups.push(() => environment.close())
    expect(statSync(path).mode & 0o777).toBe(0o700)
  })

  it('is refused while another process has it, and free again when that one is killed', async () => {
    const path = directory()
    const { child, said } = await otherProcess(path)
    expect(said).toBe('opened')
    expect(await messageOf(openEnvironment(path))).toContain(
      `in use by another ocpi-hub (process ${child.pid} on `,
    )
    child.kill('SIGKILL')
    await once(child, 'exit')
    const environment = await openEnvironment(path)
    await environment.close()
    expect(readdirSync(path).filter((name) => name.endsWith('.sock'))).toEqual([])
  })

  it('is refused while the same process has it', async () => {
    const path = directory()
    const environment = await openEnvironment(path)
    cleanups.push(() => environment.close())
    expect(await messageOf(openEnvironment(path))).toContain('in use by another ocpi-hub')
  })

  it('has one winner when several open it at the same time', async () => {
    const path = directory()
    const tries = await Promise.allSettled(Array.from({ length: 5 }, () => openEnvironment(path)))
    const won = tries.flatMap((attempt) => (attempt.status === 'fulfilled' ? [attempt.value] : []))
    for (const environment of won) cleanups.push(() => environment.close())
    expect(won).toHaveLength(1)
  })

  it('may have a path that is too long for a socket', async () => {
    const path = directory('d'.repeat(150))
    const environment = await openEnvironment(path)
    expect(await messageOf(openEnvironment(path))).toContain('in use by another ocpi-hub')
    await environment.close()
  })

  it('is refused under another path as well: one it was moved to, or a longer one that leads to it', async () => {
    const path = directory()
    const { said } = await otherProcess(path)
    expect(said).toBe('opened')
    const moved = `${path}-moved`
    renameSync(path, moved)
    expect(await messageOf(openEnvironment(moved))).toContain('in use by another ocpi-hub')
    const long = join(dirname(path), 'd'.repeat(150))
    symlinkSync(moved, long)
    expect(await messageOf(openEnvironment(long))).toContain('in use by another ocpi-hub')
  })

  it('with a path that is too long for a socket is refused under a shorter one, and left without a trace', async () => {
    const path = directory('d'.repeat(150))
    const environment = await openEnvironment(path)
    const short = join(dirname(path), 'short')
    symlinkSync(path, short)
    expect(await messageOf(openEnvironment(short))).toContain('in use by another ocpi-hub')
    await environment.close()
    expect(readdirSync(path).filter((name) => name.endsWith('.sock'))).toEqual([])
  })

  it.each([
    ['text', 'not a database'],
    ['random', 'x'.repeat(100_000)],
  ])('is refused when the file in it is no database: %s', async (_name, content) => {
    const path = directory()
    mkdirSync(path)
    writeFileSync(join(path, 'data.mdb'), content)
    expect(await messageOf(openEnvironment(path))).toContain('damaged or not a database')
  })

  it.each<[string, (file: Buffer) => Buffer, RegExp]>([
    ['cut off', (file) => file.subarray(0, file.length / 3), /data\.mdb is cut off: \d+ of \d+ bytes/],
    ['empty', () => Buffer.alloc(0), /data\.mdb is empty; put a backup in its place/],
    ['damaged on its first page', (file) => file.fill(0, 0, PAGE), /data\.mdb is damaged or not a database/],
    ['damaged on its second page', (file) => file.fill(0, PAGE, 2 * PAGE), /data\.mdb is damaged or not/],
    ['damaged behind them', (file) => file.fill(0, 2 * PAGE), /cannot be used: MDB_CORRUPTED/],
  ])('is refused in words when its file is %s', async (_how, damage, words) => {
    const path = directory()
    const environment = await openEnvironment(path)
    const texts = environment.openDatabase<string>({ name: 'texts' })
    await environment.write(() => void texts.put('long', 'x'.repeat(4 * 1024 * 1024)))
    await environment.close()
    const file = join(path, 'data.mdb')
    writeFileSync(file, damage(readFileSync(file)))
    const message = await messageOf(openEnvironment(path))
    expect(message).toMatch(words)
    expect(message).toMatch(/^registry\.path /)
  })

  it('is opened when its last pages were never written', async () => {
    const path = directory()
    const environment = await openEnvironment(path)
    const texts = environment.openDatabase<string>({ name: 'texts' })
    await environment.write(() => {
      void texts.put('long', 'x'.repeat(20 * PAGE))
      void texts.remove('long')
    })
    await environment.close()
    await (await openEnvironment(path)).close()
  })

  it('is refused when it is a file', async () => {
    const path = directory()
    writeFileSync(path, '')
    expect(await messageOf(openEnvironment(path))).toMatch(/^registry\.path .* cannot be used: /)
  })
})

describe('writing', () => {
  it('commits to several sub-databases or to none', async () => {
    const environment = await openEnvironment(directory())
    cleanups.push(() => environment.close())
    const one = environment.openDatabase<number>({ name: 'one' })
    const other = environment.openDatabase<number>({ name: 'other' })
    await environment.write(() => {
      void one.put('a', 1)
      void other.put('b', 2)
    })
    expect([one.get('a'), other.get('b')]).toEqual([1, 2])
  })

  it('finishes what is under way when the environment closes, and refuses more', async () => {
    const path = directory()
    const environment = await openEnvironment(path)
    const numbers = environment.openDatabase<number>({ name: 'numbers' })
    const written = Array.from({ length: 50 }, (_, number) =>
      environment.write(() => void numbers.put(`${number}`, number)),
    )
    await environment.close()
    await Promise.all(written)
    await expect(environment.write(() => {})).rejects.toThrow('is closed')

    const again = await openEnvironment(path)
    cleanups.push(() => again.close())
    expect(again.openDatabase<number>({ name: 'numbers' }).getCount()).toBe(50)
  })

  it('takes no writes while another file is in the place of its own, which nobody would read again', async () => {
    const path = directory()
    const environment = await openEnvironment(path)
    cleanups.push(() => environment.close())
    const database = environment.openDatabase<string>({ name: 'some' })
    const write = () => messageOf(environment.write(() => void database.put('key', 'value')))
    for (const replaced of [path, join(path, 'data.mdb')]) {
      renameSync(replaced, `${replaced}.old`)
      expect(await write()).toMatch(/^data\.mdb in .* was removed or replaced: /)
      if (replaced === path) mkdirSync(path)
      writeFileSync(join(path, 'data.mdb'), '')
      expect(environment.refusal()).toMatch(/ was removed or replaced: /)
      rmSync(replaced, { recursive: true })
      renameSync(`${replaced}.old`, replaced)
      expect(environment.refusal()).toBeUndefined()
      expect(await write()).toBe('opened')
    }
  })

  it('keeps what it acknowledged when the process is killed', async () => {
    const path = directory()
    const { child } = await otherProcess(path)
    let acknowledged = -1
    child.on('message', (number: number) => (acknowledged = number))
    child.send('write')
    while (acknowledged < 200) await once(child, 'message')
    child.kill('SIGKILL')
    await once(child, 'exit')

    const environment = await openEnvironment(path)
    cleanups.push(() => environment.close())
    const numbers = environment.openDatabase<number>({ name: 'numbers' })
    const lost = Array.from({ length: acknowledged + 1 }, (_, number) => number).filter(
      (number) => numbers.get(`${number}`) !== number,
    )
    expect(lost).toEqual([])
  })

  it('is refused before the disk is full to its last page, which the process would not survive', {
    timeout: 60_000,
  }, async ({ skip }) => {
    const disk = smallDisk()
    cleanups.push(() => disk.remove())
    // A limit on the size of files cannot be told beforehand.
    if (disk.wrapper.length === 0) skip()
    const { child } = await otherProcess(disk.path, disk.wrapper)
    const writeByTurns = async (): Promise<unknown> => {
      child.send('by turns')
      const ended = once(child, 'exit').then(([code, signal]) => [`ended: ${code ?? signal}`])
      const [said] = (await Promise.race([once(child, 'message'), ended])) as [unknown]
      return said
    }
    expect(await writeByTurns()).toEqual(['written'])
    disk.fill(child.pid!)
    expect(await writeByTurns()).toEqual([
      expect.stringMatching(/^the disk is full: less than 16 MiB are left/),
    ])
    disk.free(child.pid!)
    expect(await writeByTurns()).toEqual(['written'])
  })
})
