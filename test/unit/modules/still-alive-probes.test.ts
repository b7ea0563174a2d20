// When platforms are probed, and what a probe says that was overtaken by a sign of life.

import { afterEach, describe, expect, it } from 'vitest'
import { Fault } from '../../../src/faults/fault.ts'
import { createStillAlive, type StillAlive, type StillAliveParts } from '../../../src/modules/still-alive.ts'
import { platform, role } from '../../support/platforms.ts'
import { waitFor } from '../../support/wait.ts'
import { createKit, type Kit } from './kit.ts'

const OPTIONS = { probeAfterMs: 300_000, timeoutMs: 300, offlineAfter: 3 }
const IDS = ['acme', 'two', 'three']

let kit: Kit
let alive: StillAlive

afterEach(async () => {
  alive.close()
  await kit.close()
})

async function begin(call: StillAliveParts['call']): Promise<void> {
  const platforms = IDS.map((id, index) =>
    platform(id, { versionsUrl: `https://${id}.example/versions`, roles: [role(`DE-CP${index} CPO`)] }),
  )
  kit = await createKit({}, platforms)
  const log = { info: () => undefined, warn: () => undefined }
  const parts = { ...kit.parts, call, lease: { holds: () => true }, log, alarm: () => undefined }
  alive = createStillAlive(parts, OPTIONS, () => 1)
}

/** Every probe is refused; gives the ids of those asked. */
async function beginRefused(): Promise<readonly string[]> {
  const asked: string[] = []
  await begin(async ({ platformId }) => {
    asked.push(platformId)
    throw new Fault('connection_refused')
  })
  return asked
}

describe('a probe', () => {
  it('is not begun with others at once, nor at all when the platform was heard of before its turn', async () => {
    const asked = await beginRefused()
    while (asked.length === 0) kit.clock.advance(10)
    const [first] = asked
    const [second, third] = IDS.filter((id) => id !== first)
    alive.requested(second!)
    kit.clock.advance(1_000)
    expect(asked).toEqual([first, third])
  })

  it('waits until a sign of life of an OFFLINE platform is stored, and then for silence', async () => {
    const asked = await beginRefused()
    for (let failure = 0; failure < OPTIONS.offlineAfter; failure++)
      alive.failed('acme', 'connection_refused')
    await waitFor(() => kit.platform('acme').status === 'OFFLINE')
    alive.requested('acme')
    kit.clock.advance(60_000)
    expect(asked).not.toContain('acme')
    await waitFor(() => kit.platform('acme').status === 'CONNECTED')
    kit.clock.advance(60_000)
    expect(asked).not.toContain('acme')
  })

  it('does not make a platform OFFLINE that was heard of since it was begun', async () => {
    const answers: (() => void)[] = []
    await begin(
      () => new Promise((_resolve, reject) => answers.push(() => reject(new Fault('connection_refused')))),
    )
    const probed = alive.probe('acme')
    await waitFor(() => answers.length === 1)
    kit.clock.advance(1)
    alive.requested('acme')
    alive.failed('acme', 'connection_refused')
    alive.failed('acme', 'connection_refused')
    answers[0]!()
    expect(await probed).toMatchObject({ ok: false, fault: 'connection_refused' })
    expect(alive.outlook('acme')?.failures).toBe(2)
    expect(kit.platform('acme').status).toBe('CONNECTED')
  })

  it('of an operator ends when the status it led to stands, in both directions', async () => {
    let isThere = false
    await begin(async () => {
      if (!isThere) throw new Fault('connection_refused')
      return { httpStatus: 200, body: Buffer.from('{"status_code":1000}'), headers: {} }
    })
    for (let failure = 0; failure < OPTIONS.offlineAfter; failure++) await alive.probe('acme')
    expect(kit.platform('acme').status).toBe('OFFLINE')
    isThere = true
    await alive.probe('acme')
    expect(kit.platform('acme').status).toBe('CONNECTED')
  })
})
