// Settings in Redis, shared by any number of hubs: a hash of versions for each name and a channel that tells which
// name was written. A write that was interrupted is sent again and recognises itself by its text.

import { Fault } from '../faults/fault.ts'
import { defineScript, defineWrite, type RedisConnection } from '../journal/redis.ts'
import { type Setting, type Settings, VERSIONS_KEPT } from './settings.ts'

// KEYS: versions. Field `newest` holds the number of the one that stands.
const COMMON = `
local newest = tonumber(redis.call('HGET', KEYS[1], 'newest') or '0') or 0
local function keep(version, text, most, channel, name)
  redis.call('HSET', KEYS[1], 'newest', string.format('%.0f', version), string.format('%.0f', version), text)
  for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
    local number = tonumber(field)
    if number and number <= version - tonumber(most) then redis.call('HDEL', KEYS[1], field) end
  end
  redis.pcall('PUBLISH', channel, name)
end
`

// ARGV: seen, text, versions kept, channel, name. Gives the version, or 0 when another one stands.
const WRITE = defineWrite(`${COMMON}
local seen, text = tonumber(ARGV[1]), ARGV[2]
if newest == seen + 1 and redis.call('HGET', KEYS[1], string.format('%.0f', newest)) == text then return newest end
if newest ~= seen then return 0 end
keep(seen + 1, text, ARGV[3], ARGV[4], ARGV[5])
return seen + 1
`)

// ARGV: version, text, versions kept, channel, name.
const PUT_BACK = defineWrite(`${COMMON}
if newest < tonumber(ARGV[1]) then keep(tonumber(ARGV[1]), ARGV[2], ARGV[3], ARGV[4], ARGV[5]) end
return 1
`)

// KEYS: versions. Gives the number and the text that stands.
const READ = defineScript(`
local newest = redis.call('HGET', KEYS[1], 'newest')
if not newest then return {} end
return { newest, redis.call('HGET', KEYS[1], newest) or '' }
`)

// KEYS: versions. Gives all fields; from a script, so that the answer is a list in every version of the protocol.
const VERSIONS = defineScript(`return redis.call('HGETALL', KEYS[1])`)

// KEYS: versions of several settings. Gives the number of each that stands.
const STANDING = defineScript(`
local answer = {}
for at, key in ipairs(KEYS) do answer[at] = tonumber(redis.call('HGET', key, 'newest') or '0') or 0 end
return answer
`)

const POLL_MS = 500

/** The settings on a connection; those that are watched are looked at every `pollMs`, all together. */
export function createRedisSettings(
  redis: RedisConnection,
  { pollMs = POLL_MS }: { readonly pollMs?: number } = {},
): Settings {
  const channel = redis.key('settings:changed')
  const keyOf = (name: string) => redis.key(`settings:${name}`)
  const watched = new Set<{ readonly name: string; readonly listener: (version?: number) => void }>()
  let poll: NodeJS.Timeout | undefined

  /** A store that is away is told by the registry; the next look is soon. */
  async function look(): Promise<void> {
    const names = [...new Set([...watched].map(({ name }) => name))]
    const versions = await redis.run(STANDING, names.map(keyOf), []).catch(() => undefined)
    if (!Array.isArray(versions)) return
    for (const { name, listener } of watched) {
      const version: unknown = versions[names.indexOf(name)]
      if (typeof version === 'number') listener(version)
    }
  }

  return {
    shared: true,
    version: async (name) => toVersion(await redis.call('HGET', [keyOf(name), 'newest'])),
    async read(name) {
      const answer = await redis.run(READ, [keyOf(name)], [])
      const [newest, text] = Array.isArray(answer) ? (answer as unknown[]) : []
      const version = toVersion(newest)
      return version === 0 ? undefined : { version, text: String(text) }
    },
    async write(name, text, seen) {
      const args = [seen, text, VERSIONS_KEPT, channel, name]
      const version = Number(await redis.write(WRITE, [keyOf(name)], args))
      return version === 0 ? undefined : { version, text }
    },
    async versions(name) {
      return toVersions(await redis.run(VERSIONS, [keyOf(name)], []))
    },
    async putBack(name, { version, text }) {
      await redis.write(PUT_BACK, [keyOf(name)], [version, text, VERSIONS_KEPT, channel, name])
    },
    watch(name, listener) {
      const own = { name, listener }
      watched.add(own)
      poll ??= setInterval(() => void look(), pollMs).unref()
      const unsubscribe = redis.subscribe(channel, (written) => {
        if (written === name) listener()
      })
      const unready = redis.onReady(() => listener())
      return () => {
        unsubscribe()
        unready()
        watched.delete(own)
        if (watched.size > 0) return
        clearInterval(poll)
        poll = undefined
      }
    },
  }
}

/** 0 for nothing, and for whatever is no version. */
function toVersion(value: unknown): number {
  const version = Number(value)
  return Number.isSafeInteger(version) && version > 0 ? version : 0
}

function toVersions(answer: unknown): Setting[] {
  if (!Array.isArray(answer)) throw new Fault('store_unavailable', { detail: 'Redis: an answer is no list' })
  const found: Setting[] = []
  for (let at = 0; at + 1 < answer.length; at += 2) {
    const version = toVersion(answer[at])
    if (version > 0) found.push({ version, text: String(answer[at + 1]) })
  }
  return found.sort((one, other) => other.version - one.version)
}
