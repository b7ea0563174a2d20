// What every store of settings promises, and what follows from it for a setting that is held in memory. The adapters'
// own files run it.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openLiveSetting, type LiveSetting } from '../../src/registry/live-setting.ts'
import { type Settings, VERSIONS_KEPT } from '../../src/registry/settings.ts'
import { waitFor } from '../support/wait.ts'

export interface SettingsBench {
  /** The same data each time it is called; on a shared store, as another hub sees it. */
  open(): Promise<Settings> | Settings
  end(): Promise<void>
}

export function settingsSuite(name: string, prepare: () => Promise<SettingsBench>): void {
  describe(`settings (${name})`, () => {
    let bench: SettingsBench
    let settings: Settings
    const live: LiveSetting<string>[] = []

    beforeEach(async () => {
      bench = await prepare()
      settings = await bench.open()
    })
    afterEach(async () => {
      for (const one of live.splice(0)) one.close()
      await bench.end()
    })

    async function follow(store = settings): Promise<LiveSetting<string>> {
      const opened = await openLiveSetting<string>(store, {
        name: 'one',
        read: (json) => (typeof json === 'string' ? json : undefined),
        log: { warn: () => undefined },
      })
      live.push(opened)
      return opened
    }

    it('are written one version after the other, and a write that has not seen the last one is refused', async () => {
      expect(await settings.version('one')).toBe(0)
      expect(await settings.read('one')).toBeUndefined()
      expect(await settings.write('one', 'a', 0)).toEqual({ version: 1, text: 'a' })
      expect(await settings.write('one', 'late', 0)).toBeUndefined()
      expect(await settings.write('one', 'b', 1)).toEqual({ version: 2, text: 'b' })
      expect(await settings.read('one')).toEqual({ version: 2, text: 'b' })
      expect(await settings.read('other')).toBeUndefined()
    })

    it('give way to exactly one of many writers', async () => {
      const texts = Array.from({ length: 10 }, (_, index) => `text ${index}`)
      const written = await Promise.all(texts.map((text) => settings.write('one', text, 0)))
      expect(written.filter(Boolean)).toHaveLength(1)
      expect(await settings.version('one')).toBe(1)
    })

    it('keep their last versions and drop older ones', async () => {
      for (let seen = 0; seen < VERSIONS_KEPT + 3; seen++) await settings.write('one', `text ${seen}`, seen)
      const kept = await settings.versions('one')
      expect(kept).toHaveLength(VERSIONS_KEPT)
      expect(kept[0]).toEqual({ version: VERSIONS_KEPT + 3, text: `text ${VERSIONS_KEPT + 2}` })
      expect(kept.at(-1)!.version).toBe(4)
    })

    it('take back only what is newer than what they have', async () => {
      await settings.putBack('one', { version: 7, text: 'seven' })
      await settings.putBack('one', { version: 6, text: 'six' })
      expect(await settings.read('one')).toEqual({ version: 7, text: 'seven' })
      expect(await settings.write('one', 'eight', 7)).toEqual({ version: 8, text: 'eight' })
    })

    it('are followed by every hub, and are in effect where they were written at once', async () => {
      const here = await follow()
      const there = await follow(await bench.open())
      const changes: (string | undefined)[] = []
      there.watch(() => changes.push(there.value()))
      expect(here.value()).toBeUndefined()
      expect(await here.write('first', 0)).toBe(1)
      expect(here.value()).toBe('first')
      await waitFor(() => there.value() === 'first')
      expect(await there.write('second', 1)).toBe(2)
      await waitFor(() => here.value() === 'second')
      expect(await here.write('third', 1)).toBeUndefined()
      expect(changes).toEqual(['first', 'second'])
      expect((await here.versions()).map(({ value }) => value)).toEqual(['second', 'first'])
    })

    it('stand after a restart', async () => {
      await (await follow()).write('kept', 0)
      const later = await follow(await bench.open())
      expect([later.value(), later.version()]).toEqual(['kept', 1])
    })

    it('that cannot be read leave the value before them in effect, and can be written over', async () => {
      const one = await follow()
      await one.write('good', 0)
      await settings.write('one', '{broken', 1)
      await waitFor(() => one.version() === 2)
      expect(one.value()).toBe('good')
      expect(await one.write('mended', 2)).toBe(3)
      expect(one.value()).toBe('mended')
    })

    it('that cannot be read leave the last that can in effect after a restart too', async () => {
      await (await follow()).write('older', 0)
      await (await follow()).write('good', 1)
      await settings.write('one', '{"of": "tomorrow"}', 2)
      const later = await follow(await bench.open())
      expect([later.value(), later.version()]).toEqual(['good', 3])
      expect(await later.write('mended', 3)).toBe(4)
    })
  })
}
