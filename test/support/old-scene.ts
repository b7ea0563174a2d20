// A hub with two eMSPs and two CPOs on OCPI 2.1.1, and one newer eMSP beside them.

import { expect } from 'vitest'
import { ok } from './envelopes.ts'
import { stage, type Scene } from './hub.ts'
import { registerOld, type OldGuest } from './old-guest.ts'
import { party, type Answer, type Party } from './party.ts'
import type { ReceivedRequest } from './party-server.ts'
import { waitFor } from './wait.ts'

export type OldName = 'emsp' | 'emsp2' | 'cpo' | 'cpo2'

export interface OldScene extends Scene<{ readonly newer: Party }> {
  readonly old: Readonly<Record<OldName, OldGuest>>
  received(name: OldName): readonly ReceivedRequest[]
  /** What it received, as `PUT /its/own/inbox/tokens/NL/EMS/1`. */
  lines(name: OldName): string[]
  arrived(name: OldName, count: number): Promise<unknown>
  /** Pushes an object to the other side, and has all of it forget that, so that nothing of it comes later. */
  pushes(
    name: OldName,
    module: string,
    object: { readonly id: string; readonly [member: string]: unknown },
  ): Promise<void>
  pushToken(name: 'emsp' | 'emsp2', uid: string, contract: string): Promise<void>
  /** Everybody forgets what it received and answers 1000. */
  reset(): void
}

/** Registers all of them. The caller closes the scene. */
export async function stageOld(): Promise<OldScene> {
  const scene = await stage(
    { newer: party('NL-NEW', 'EMSP', { modules: ['locations', 'tokens', 'hubclientinfo'] }) },
    { hub: { versions: ['2.3.0', '2.2.1', '2.1.1'] } },
  )
  const old = {
    emsp: await registerOld(scene.hub, 'NL-EMS', 'EMSP'),
    emsp2: await registerOld(scene.hub, 'BE-EMS', 'EMSP'),
    cpo: await registerOld(scene.hub, 'DE-CPO', 'CPO'),
    cpo2: await registerOld(scene.hub, 'FR-CPO', 'CPO'),
  }
  const received = (name: OldName) => old[name].party.requests
  const arrived = (name: OldName, count: number) =>
    waitFor(() => received(name).length >= count, { what: `${count} requests at ${name}` })
  // The hub has read their tokens by then.
  for (const name of ['emsp', 'emsp2'] as const) await arrived(name, 1)

  const pushes: OldScene['pushes'] = async (name, module, object) => {
    const path = `/${old[name].party.key.replace('-', '/')}/${object.id}`
    const others = name.startsWith('cpo') ? (['emsp', 'emsp2'] as const) : (['cpo', 'cpo2'] as const)
    expectDone(await old[name].calls('PUT', module, { path, json: object }))
    for (const other of others) {
      await waitFor(() => received(other).some(({ rest }) => rest === path), { what: `${path} at ${other}` })
      old[other].party.forget()
    }
  }

  return {
    ...scene,
    old,
    received,
    lines: (name) => received(name).map(({ method, url }) => `${method} ${url}`),
    arrived,
    pushes,
    pushToken: (name, uid, contract) => pushes(name, 'tokens', { id: uid, uid, auth_id: contract }),
    reset() {
      scene.newer.forget()
      for (const guest of Object.values(old)) {
        guest.party.forget()
        guest.party.answers('*', { json: ok() })
      }
    },
    async close() {
      await Promise.all(Object.values(old).map((guest) => guest.party.close()))
      await scene.close()
    },
  }
}

/** Fails unless it was answered 1000. */
export function expectDone(answer: Answer): void {
  expect([answer.httpStatus, answer.json().status_code], answer.body.toString()).toEqual([200, 1000])
}
