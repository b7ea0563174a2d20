// One setting as a value in memory that follows the store: read at once by everybody, written by compare-and-set,
// changed on all hubs within a second. While the store is away the last value stands; a store that lost it gets it back.

import type { Log } from '../journal/log.ts'
import type { Setting, Settings } from './settings.ts'

export interface LiveSetting<Value> {
  /** `undefined` while nothing was ever written. */
  value(): Value | undefined
  /** 0 while nothing was ever written. */
  version(): number
  /** Writes if `seen` is still the version that stands, and has it in effect here; gives the new version or
   * `undefined`. Throws `Fault` `store_unavailable`. */
  write(value: Value, seen: number): Promise<number | undefined>
  /** The versions kept, newest first; those that cannot be read are left out. Throws `Fault` `store_unavailable`. */
  versions(): Promise<readonly { readonly version: number; readonly value: Value }[]>
  /** Called after each change. Gives the way to stop. */
  watch(listener: () => void): () => void
  close(): void
}

export interface LiveSettingOptions<Value> {
  readonly name: string
  /** Reads what `JSON.stringify` wrote; `undefined` for anything that is not of this form. */
  readonly read: (json: unknown) => Value | undefined
  readonly log: Pick<Log, 'warn'>
}

/** Opens a setting. A shared store that is away is no error: the value comes when it comes back. */
export async function openLiveSetting<Value>(
  settings: Settings,
  { name, read, log }: LiveSettingOptions<Value>,
): Promise<LiveSetting<Value>> {
  const listeners = new Set<() => void>()
  let known: Setting | undefined
  let value: Value | undefined
  let looking: Promise<void> | undefined
  let again = false
  let closed = false

  function take(setting: Setting): void {
    if (closed || setting.version <= (known?.version ?? 0)) return
    const parsed = parse(setting.text)
    if (parsed === undefined) {
      log.warn(
        { setting: name, version: setting.version },
        'a stored setting cannot be read; the one before stands',
      )
      // Known all the same, so that the next write follows it.
      known = setting
      return
    }
    known = setting
    value = parsed
    for (const listener of listeners) listener()
  }

  function parse(text: string): Value | undefined {
    try {
      return read(JSON.parse(text))
    } catch {
      return undefined
    }
  }

  async function look(): Promise<void> {
    const theirs = await settings.version(name)
    const ours = known?.version ?? 0
    if (theirs > ours) {
      const setting = await settings.read(name)
      if (setting) take(setting)
      if (value === undefined) await takeOlder()
    } else if (theirs < ours) await settings.putBack(name, known!)
  }

  /** Nothing stands here yet, as after a start, and the newest cannot be read: a newer hub may have written it. */
  async function takeOlder(): Promise<void> {
    const readable = (await readVersions())[0]
    if (closed || !readable) return
    value = readable.value
    for (const listener of listeners) listener()
  }

  async function readVersions(): Promise<readonly { readonly version: number; readonly value: Value }[]> {
    const kept = await settings.versions(name)
    return kept.flatMap(({ version, text }) => {
      const parsed = parse(text)
      return parsed === undefined ? [] : [{ version, value: parsed }]
    })
  }

  /** One look at a time; news that come meanwhile lead to one more. */
  function lookSoon(): void {
    again = looking !== undefined
    looking ??= look()
      // A store that is away is told by the registry; the next look is soon.
      .catch(() => undefined)
      .finally(() => {
        looking = undefined
        if (again && !closed) lookSoon()
      })
  }

  const unwatch = settings.watch(name, (version) => {
    if (version !== (known?.version ?? 0)) lookSoon()
  })
  if (settings.shared) await look().catch(() => undefined)
  else await look()

  return {
    value: () => value,
    version: () => known?.version ?? 0,
    async write(next, seen) {
      const written = await settings.write(name, JSON.stringify(next), seen)
      if (written) take(written)
      else {
        // Whoever tries again is to see what was written in between.
        lookSoon()
        await looking
      }
      return written?.version
    },
    versions: readVersions,
    watch(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close() {
      closed = true
      unwatch()
      listeners.clear()
    },
  }
}
