// The routes in effect: those an operator has set at run time, on all hubs alike, or else those of the configuration
// file. Asked for each request, so they are held compiled; the versions before stay restorable.

import * as z from 'zod'
import type { Log } from '../journal/log.ts'
import { type LiveSetting, openLiveSetting } from '../registry/live-setting.ts'
import type { Settings } from '../registry/settings.ts'
import { type FileRoute, routeSchema, toFileRoute, toRule } from './rule-schema.ts'
import type { RouteRule } from './rule.ts'
import { type CompiledRules, compileRules } from './rules.ts'

/** file = the configuration file of each hub; registry = set by an operator, for all hubs. */
export type RouteSource = 'file' | 'registry'

export interface Routes {
  readonly source: RouteSource
  /** Of the registry's routes, from 1; 0 while none were ever set. */
  readonly version: number
  readonly rules: readonly RouteRule[]
  /** RFC 3339, and the name of an admin token; absent for version 0. */
  readonly at?: string
  readonly by?: string
}

export interface RouteBook {
  rules(): CompiledRules
  current(): Routes
  /**
   * Sets the routes of all hubs, `undefined` = those of the file again, if `seen` is still the version that stands.
   * Gives whether it was. Throws `Fault` `store_unavailable`.
   */
  put(
    rules: readonly RouteRule[] | undefined,
    change: { readonly by: string; readonly seen: number },
  ): Promise<boolean>
  /** The versions kept, newest first. Throws `Fault` `store_unavailable`. */
  versions(): Promise<readonly Routes[]>
  /** Takes over the routes of a configuration file that was read again. */
  replaceFile(rules: readonly RouteRule[]): void
  /** Called after each change of the routes in effect. Gives the way to stop. */
  watch(listener: (after: CompiledRules, before: CompiledRules) => void): () => void
  close(): void
}

export const ROUTES_MAX = 5_000

const STORED = z.object({
  at: z.string(),
  by: z.string(),
  /** In the words of the file; null = the file's own. */
  items: z.array(z.custom<FileRoute>()).max(ROUTES_MAX).nullable(),
})

interface Stored {
  readonly at: string
  readonly by: string
  readonly items: readonly FileRoute[] | null
}

/** Reads what is set and follows it from now on. */
export async function openRouteBook(
  settings: Settings,
  parts: { readonly fileRules: readonly RouteRule[]; readonly log: Pick<Log, 'info' | 'warn'> },
): Promise<RouteBook> {
  const { log } = parts
  let { fileRules } = parts
  const setting: LiveSetting<Stored> = await openLiveSetting(settings, {
    name: 'routes',
    read: readStored,
    log,
  })
  let compiled = compileRules(inEffect())

  function inEffect(): readonly RouteRule[] {
    const items = setting.value()?.items
    return items ? readRules(items) : fileRules
  }

  const listeners = new Set<(after: CompiledRules, before: CompiledRules) => void>()

  function recompile(): void {
    const before = compiled
    compiled = compileRules(inEffect())
    for (const listener of listeners) listener(compiled, before)
  }

  setting.watch(() => {
    recompile()
    const { source, version, rules } = current()
    log.info({ source, version, rules: rules.length }, 'the routes were changed')
  })

  function current(): Routes {
    return toRoutes({ version: setting.version(), value: setting.value() }, fileRules)
  }

  return {
    rules: () => compiled,
    current,
    async put(rules, { by, seen }) {
      const items = rules ? rules.map(toFileRoute) : null
      const written = await setting.write({ at: new Date().toISOString(), by, items }, seen)
      return written !== undefined
    },
    versions: async () => (await setting.versions()).map((kept) => toRoutes(kept, fileRules)),
    replaceFile(rules) {
      fileRules = rules
      recompile()
    },
    watch(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close: () => setting.close(),
  }
}

function toRoutes(
  { version, value }: { readonly version: number; readonly value: Stored | undefined },
  fileRules: readonly RouteRule[],
): Routes {
  const { at, by, items } = value ?? {}
  return {
    source: items ? 'registry' : 'file',
    version,
    rules: items ? readRules(items) : fileRules,
    ...(at === undefined || by === undefined ? {} : { at, by }),
  }
}

/** Whoever wrote it: routes that this hub cannot read are none, and those before them stay in effect. */
function readStored(json: unknown): Stored | undefined {
  const parsed = STORED.safeParse(json)
  if (!parsed.success) return undefined
  const items = parsed.data.items
  return items === null || items.every((item) => routeSchema.safeParse(item).success)
    ? parsed.data
    : undefined
}

function readRules(items: readonly FileRoute[]): RouteRule[] {
  return items.map((item) => toRule(routeSchema.parse(item)))
}
