// Parties that register, renew their tokens and are suspended one after the other, as fast as a hub lets them, and
// that remember what was acknowledged: whatever happens to the hub, that must be so afterwards.

import { invite, type Guest, type Host } from './guest.ts'
import type { Party } from './party.ts'

export interface Crowd {
  /** Goes on until it is stopped or the hub is gone. */
  keepBusy(hub: Host): { stop(): Promise<void> }
  /**
   * Compares a hub with what was acknowledged, through the admin API and by requests in both directions. Gives what
   * is wrong; `all` = also what was compared before.
   */
  check(hub: Host, options?: { readonly all?: boolean }): Promise<readonly string[]>
  /** Acknowledged so far. */
  readonly counts: { registered: number; renewed: number; suspended: number }
  close(): Promise<void>
}

interface Member {
  readonly guest: Guest
  /** `unsure` = a change was under way when the hub went. */
  status: 'CONNECTED' | 'SUSPENDED' | 'unsure'
  changed: boolean
}

const TOGETHER = 8

/** `from` is a party that every hub knows from its configuration; it sends to the members. */
export function createCrowd(from: Party): Crowd {
  const members: Member[] = []
  const counts = { registered: 0, renewed: 0, suspended: 0 }
  let names = 0

  async function register(hub: Host): Promise<void> {
    const guest = await invite(hub, `SE-${(names++).toString(36).toUpperCase().padStart(3, '0')}`, 'EMSP')
    try {
      await guest.register()
    } catch (error) {
      await guest.party.close()
      throw error
    }
    members.push({ guest, status: 'CONNECTED', changed: true })
    counts.registered++
  }

  async function renew(member: Member): Promise<void> {
    member.changed = true
    await member.guest.register('PUT')
    counts.renewed++
  }

  async function suspend(hub: Host, member: Member): Promise<void> {
    member.changed = true
    member.status = 'unsure'
    const { status } = await hub.admin(`/platforms/${member.guest.party.id}/suspend`, { method: 'POST' })
    if (status !== 200) throw new Error(`HTTP ${status}`)
    member.status = 'SUSPENDED'
    counts.suspended++
  }

  return {
    counts,
    keepBusy(hub) {
      let running = true
      const connected = () => members.filter(({ status }) => status === 'CONNECTED')
      const steps = [
        () => register(hub),
        () => withOne(connected(), renew),
        () => withOne(connected().slice(0, -3), (member) => suspend(hub, member)),
      ]
      const workers = steps.map(async (step) => {
        // Whoever gets no answer stops: the hub is gone.
        for (let alive = true; running && alive; )
          alive = await step().then(
            () => true,
            () => false,
          )
      })
      for (const { guest } of members) guest.join(hub.ocpiUrl)
      return {
        async stop() {
          running = false
          await Promise.all(workers)
        },
      }
    },
    async check(hub, { all = false } = {}) {
      const kept = await statuses(hub)
      const problems: string[] = []
      const due = members.filter((member) => all || member.changed)
      for (let at = 0; at < due.length; at += TOGETHER) {
        const some = due.slice(at, at + TOGETHER)
        const found = await Promise.all(some.map((member) => problemOf(member, hub, { from, kept })))
        problems.push(...found.filter((problem) => problem !== undefined))
      }
      return problems
    },
    async close() {
      await Promise.all(members.map(({ guest }) => guest.party.close()))
    },
  }
}

/** One of them at random; nothing while there is none. */
async function withOne(members: readonly Member[], act: (member: Member) => Promise<void>): Promise<void> {
  const member = members[Math.floor(Math.random() * members.length)]
  if (member) await act(member)
  else await new Promise((resolve) => setTimeout(resolve, 5))
}

/** Status by id, of all platforms. */
async function statuses(hub: Host): Promise<Map<string, string>> {
  const kept = new Map<string, string>()
  let cursor: string | undefined
  do {
    const page = cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`
    const { json } = await hub.admin(`/platforms?limit=1000${page}`)
    const { items, next_cursor: next } = json as {
      items: { id: string; status: string }[]
      next_cursor?: string
    }
    for (const { id, status } of items) kept.set(id, status)
    cursor = next
  } while (cursor !== undefined)
  return kept
}

/** What is not as it was acknowledged. Afterwards what was unsure is known. */
async function problemOf(
  member: Member,
  hub: Host,
  { from, kept }: { readonly from: Party; readonly kept: ReadonlyMap<string, string> },
): Promise<string | undefined> {
  const { guest } = member
  const { id, key } = guest.party
  const status = kept.get(id)
  if (status === undefined) return `${id} is forgotten`
  if (member.status === 'unsure') member.status = status === 'SUSPENDED' ? 'SUSPENDED' : 'CONNECTED'
  if (status !== member.status) return `${id} is ${status}, not ${member.status}`
  guest.join(hub.ocpiUrl)
  const pushed = (await from.puts('tokens', { to: key, path: '/DE/CPO/1', json: {} })).json()
  if (status === 'SUSPENDED') {
    return pushed.data?.fault === 'to_not_connected' ? undefined : `${id} is routed to while it is suspended`
  }
  if (pushed.status_code !== 1000) return `${id} is not reached: ${JSON.stringify(pushed)}`
  const shown = /^Token (.*)$/.exec(guest.party.last().headers.authorization ?? '')?.[1] ?? ''
  const outbound = Buffer.from(shown, 'base64').toString()
  if (!guest.outbound().includes(outbound)) return `${id} is shown a token it did not give: ${outbound}`
  const own = (await guest.calls('GET', '/ocpi/2.2.1/credentials')).json()
  if (own.status_code !== 1000) return `${id} is not let in with its token: ${JSON.stringify(own)}`
  member.changed = false
  return undefined
}
