// What differs between two configurations, by the keys of the file, and which of it a running hub can take over.
// A key that is not known to apply at once needs a restart. Secrets are compared but never shown.

import { toFileData } from './describe.ts'
import type { ReloadChange } from '../admin/operations.ts'
import { hasAdminToken, type HubConfig } from './hub-config.ts'

export interface ConfigChanges {
  readonly changes: readonly ReloadChange[]
  /** Keys among them that need a restart. */
  readonly restart: readonly string[]
}

const AT_ONCE: ReadonlySet<string> = new Set([
  'admin.token',
  'admin.tokens',
  'forwarding.connect_timeout',
  'forwarding.timeout',
  'forwarding.max_response_body',
  'limits.in_flight',
  'limits.pending_per_platform',
  'limits.held_answer',
  'limits.held_requests',
  'liveness.probe_after',
  'liveness.timeout',
  'liveness.offline_after',
  'log.level',
  'log.exchanges',
  'platforms',
  'routes',
])

/** Compared by themselves: what the file's data shows of them is masked, or too much. */
const APART: ReadonlySet<string> = new Set([
  'admin.token',
  'admin.tokens',
  'registry.url',
  'secret_key',
  'alerts.webhook',
  'alerts.authorization',
  'platforms',
  'routes',
])

/** Everything that differs, in the order of the file. */
export function compareConfigs(before: HubConfig, after: HubConfig): ConfigChanges {
  const changes = [...changedValues(before, after), ...changedApart(before, after)]
  const restart = changes.map(({ key }) => key).filter((key) => !AT_ONCE.has(key))
  // Somebody must be able to get in: only a start makes a token up and prints it.
  if (hasAdminToken(before.admin) && !hasAdminToken(after.admin)) {
    restart.push(before.admin.token === undefined ? 'admin.tokens' : 'admin.token')
  }
  return { changes, restart }
}

function changedValues(before: HubConfig, after: HubConfig): ReloadChange[] {
  const old = flatten(toFileData(before))
  const now = flatten(toFileData(after))
  return [...new Set([...old.keys(), ...now.keys()])]
    .filter((key) => !APART.has(key) && old.get(key) !== now.get(key))
    .map((key) => ({ key, ...valueText('before', old.get(key)), ...valueText('after', now.get(key)) }))
}

function valueText(name: 'before' | 'after', text: string | undefined) {
  return text === undefined ? {} : { [name]: text }
}

function changedApart(before: HubConfig, after: HubConfig): ReloadChange[] {
  const secrets: [key: string, old: unknown, now: unknown][] = [
    ['registry.url', before.registry.url, after.registry.url],
    ['secret_key', secretText(before), secretText(after)],
    ['alerts.webhook', before.alerts.webhook, after.alerts.webhook],
    ['alerts.authorization', before.alerts.authorization, after.alerts.authorization],
    ['admin.token', before.admin.token, after.admin.token],
    ['routes', JSON.stringify(before.routes), JSON.stringify(after.routes)],
  ]
  return [
    ...secrets.filter(([, old, now]) => old !== now).map(([key]) => ({ key })),
    ...changedList('admin.tokens', before.admin.tokens, after.admin.tokens, ({ name }) => name),
    ...changedList('platforms', before.platforms, after.platforms, ({ id }) => id),
  ]
}

function secretText({ secretKeys }: HubConfig): string {
  return secretKeys.map((key) => key.toString('base64')).join()
}

function changedList<Item>(
  key: string,
  before: readonly Item[],
  after: readonly Item[],
  nameOf: (item: Item) => string,
): ReloadChange[] {
  const old = new Map(before.map((item) => [nameOf(item), JSON.stringify(item)]))
  const now = new Map(after.map((item) => [nameOf(item), JSON.stringify(item)]))
  const added = [...now.keys()].filter((name) => !old.has(name))
  const removed = [...old.keys()].filter((name) => !now.has(name))
  const changed = [...now]
    .filter(([name, text]) => old.has(name) && old.get(name) !== text)
    .map(([name]) => name)
  return added.length + removed.length + changed.length === 0 ? [] : [{ key, added, removed, changed }]
}

/** Dotted keys of all values that are no sections. */
function flatten(data: object, prefix = ''): Map<string, string> {
  const values = new Map<string, string>()
  for (const [name, value] of Object.entries(data) as [string, unknown][]) {
    if (value === undefined) continue
    const key = prefix + name
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      for (const [inner, text] of flatten(value, `${key}.`)) values.set(inner, text)
    } else values.set(key, typeof value === 'string' ? value : JSON.stringify(value))
  }
  return values
}
