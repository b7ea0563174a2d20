// Settings on the hub's own disk: one sub-database of texts by name and version.

import { Fault } from '../faults/fault.ts'
import type { Environment } from '../journal/environment.ts'
import { oneByOne } from '../journal/one-by-one.ts'
import { type Setting, type Settings, VERSIONS_KEPT } from './settings.ts'

type Key = [name: string, version: number]

/** The settings in an environment. */
export function createEmbeddedSettings(environment: Environment): Settings {
  const texts = environment.openDatabase<string, Key>({ name: 'settings' })
  const listeners = new Set<(name: string) => void>()
  // Each write must see the one before it.
  const alone = oneByOne()

  function read(name: string): Setting[] {
    try {
      const range = texts.getRange({ start: [name, Infinity], end: [name, 0], reverse: true })
      return [...range].map(({ key: [, version], value }) => ({ version, text: value }))
    } catch (cause) {
      throw new Fault('store_unavailable', { detail: 'the settings cannot be read', cause })
    }
  }

  async function keep(name: string, setting: Setting): Promise<void> {
    const old = read(name).slice(VERSIONS_KEPT - 1)
    try {
      await environment.write(() => {
        void texts.put([name, setting.version], setting.text)
        for (const { version } of old) void texts.remove([name, version])
      })
    } catch (cause) {
      throw new Fault('store_unavailable', { detail: 'the settings cannot be written', cause })
    }
    for (const listener of listeners) listener(name)
  }

  return {
    shared: false,
    version: async (name) => read(name)[0]?.version ?? 0,
    read: async (name) => read(name)[0],
    write: (name, text, seen) =>
      alone(async () => {
        if ((read(name)[0]?.version ?? 0) !== seen) return undefined
        const setting = { version: seen + 1, text }
        await keep(name, setting)
        return setting
      }),
    versions: async (name) => read(name),
    putBack: (name, setting) =>
      alone(async () => {
        if ((read(name)[0]?.version ?? 0) < setting.version) await keep(name, setting)
      }),
    watch(name, listener) {
      const own = (written: string): void => {
        if (written === name) listener()
      }
      listeners.add(own)
      return () => listeners.delete(own)
    },
  }
}
