// Hubs that are connected to each other over real sockets, each with parties of its own.

import type { ConfigOverrides } from './config.ts'
import { startHub, type TestHub } from './hub.ts'
import type { Party } from './party.ts'
import { stablePort } from './ports.ts'
import { waitFor } from './wait.ts'

/** Starts the hub `NL-HB1` between these parties, at a public URL that other hubs can call. */
export async function startLinkedHub(
  key: string,
  parties: readonly Party[],
  overrides: ConfigOverrides = {},
): Promise<TestHub> {
  const port = await stablePort()
  await Promise.all(parties.map((one) => one.listen()))
  const hub = await startHub({
    ...overrides,
    hub: {
      countryCode: key.slice(0, 2),
      partyId: key.slice(3),
      name: `Hub ${key}`,
      publicUrl: `http://127.0.0.1:${port}`,
      versions: ['2.2.1'],
      ...overrides.hub,
    },
    listen: { ocpi: { host: '127.0.0.1', port } },
    platforms: parties.map((one) => one.platform()),
  })
  for (const one of parties) one.join(hub.ocpiUrl)
  return hub
}

/** Registers `from` at `to`, as their operators do it; each is called by its party in lower case at the other. */
export async function connectHubs(from: TestHub, to: TestHub): Promise<void> {
  const prepared = await to.admin('/platforms', { method: 'POST', json: { id: idOf(from) } })
  const { token, versions_url: url } = prepared.json as { token: string; versions_url: string }
  const connected = await from.admin('/platforms', {
    method: 'POST',
    json: { id: idOf(to), versions_url: url, token },
  })
  if (connected.status !== 201) throw new Error(`not connected: ${JSON.stringify(connected.json)}`)
}

/** `nl-hb1`. */
export function idOf({ config }: TestHub): string {
  return `${config.hub.countryCode}-${config.hub.partyId}`.toLowerCase()
}

export interface KnownParty {
  readonly address: string
  readonly role: string
  readonly status: string
  readonly platform: string
  readonly behind?: string
  readonly moving_to?: string
}

/** What the operator of the hub sees of a party. */
export async function seenAt(hub: TestHub, address: string): Promise<KnownParty[]> {
  const { json } = await hub.admin(`/parties?q=${address}`)
  return (json as { items: KnownParty[] }).items.filter((item) => item.address === address)
}

/** Waits until the hub knows the party in this status. */
export async function knows(hub: TestHub, address: string, status = 'CONNECTED'): Promise<KnownParty> {
  return waitFor(async () => (await seenAt(hub, address)).find((item) => item.status === status), {
    what: `${address} ${status} at ${idOf(hub)}`,
    limitMs: 8_000,
  })
}

/** Waits until both push to each other: each knows that the other takes HubClientInfo. */
export async function areLinked(one: TestHub, other: TestHub): Promise<void> {
  for (const [here, there] of [
    [one, other],
    [other, one],
  ] as const) {
    await waitFor(
      () => here.registry.table().connections.get(idOf(there))?.endpoint('hubclientinfo', 'RECEIVER'),
      { what: `${idOf(here)} to push to ${idOf(there)}`, limitMs: 8_000 },
    )
  }
}
