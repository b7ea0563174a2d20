// The port of what operators set at run time (routes and the like): named texts with a version, written by
// compare-and-set, the last versions kept; and the one in memory.

export interface Setting {
  /** From 1, one more with each write. */
  readonly version: number
  readonly text: string
}

/** Calls throw `Fault` `store_unavailable`; a write may then still have taken effect. */
export interface Settings {
  /** Other processes may write, and the connection may break. */
  readonly shared: boolean
  /** Version of the text now; 0 = never written. */
  version(name: string): Promise<number>
  read(name: string): Promise<Setting | undefined>
  /** Writes the next version if `seen` is still the one that stands; `undefined` = somebody else was faster. */
  write(name: string, text: string, seen: number): Promise<Setting | undefined>
  /** The versions that are kept, newest first. */
  versions(name: string): Promise<readonly Setting[]>
  /** Puts a text back where the store has an older version or none. */
  putBack(name: string, setting: Setting): Promise<void>
  /**
   * Called when a text of that name was written, by anybody, or may have been; with the version that stands where it is
   * known. Gives the way to stop.
   */
  watch(name: string, listener: (version?: number) => void): () => void
}

/** How many versions of one setting are kept. */
export const VERSIONS_KEPT = 20

/** Settings that are gone when the process ends. Several hubs of one process may share them. */
export function createMemorySettings(): Settings {
  const kept = new Map<string, readonly Setting[]>()
  const listeners = new Set<(name: string) => void>()

  function keep(name: string, setting: Setting): void {
    kept.set(name, [setting, ...(kept.get(name) ?? [])].slice(0, VERSIONS_KEPT))
    for (const listener of listeners) listener(name)
  }

  const newest = (name: string) => kept.get(name)?.[0]
  return {
    shared: false,
    version: async (name) => newest(name)?.version ?? 0,
    read: async (name) => newest(name),
    async write(name, text, seen) {
      if ((newest(name)?.version ?? 0) !== seen) return undefined
      const setting = { version: seen + 1, text }
      keep(name, setting)
      return setting
    },
    versions: async (name) => kept.get(name) ?? [],
    async putBack(name, setting) {
      if ((newest(name)?.version ?? 0) < setting.version) keep(name, setting)
    },
    watch(name, listener) {
      const own = (written: string): void => {
        if (written === name) listener()
      }
      listeners.add(own)
      return () => listeners.delete(own)
    },
  }
}
