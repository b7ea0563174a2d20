// Redis away or frozen: requests go on from memory as if nothing had happened; only what must be kept before it
// is promised (a hub URL, a registration) is refused, at once and with nothing sent.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ok } from '../support/envelopes.ts'
import { provokes } from '../support/expect-fault.ts'
import { stage, type Scene } from '../support/hub.ts'
import { inTime } from '../support/in-time.ts'
import { party, type Party } from '../support/party.ts'
import { startRedis, type RedisHandle } from '../support/redis.ts'
import { waitFor } from '../support/wait.ts'

let redis: RedisHandle
let scene: Scene<{ emsp: Party; cpo: Party }>

beforeAll(async () => {
  redis = await startRedis()
  scene = await stage(
    { emsp: party('NL-EMS', 'EMSP'), cpo: party('DE-CPO', 'CPO') },
    { registry: { driver: 'redis', url: redis.url } },
  )
  scene.cpo.answers('*', { json: ok([]) })
})
afterAll(async () => {
  await scene.close()
  await redis.end()
})

const command = () =>
  scene.emsp.posts('commands', {
    to: 'DE-CPO',
    path: '/UNLOCK_CONNECTOR',
    json: { response_url: `${scene.emsp.url()}/its/own/results/1`, location_id: String(Math.random()) },
  })

async function works(): Promise<void> {
  await waitFor(async () => (await command()).json().status_code === 1000, { what: 'Redis again' })
}

describe('a hub on Redis', () => {
  it('keeps hub URLs while Redis is there', works)

  for (const [what, begin, end] of [
    ['frozen', () => redis.pause(), () => redis.resume()],
    ['killed', () => redis.kill9(), () => redis.start()],
  ] as const) {
    provokes(
      'store_unavailable',
      `a command whose response_url cannot be kept: Redis is ${what}`,
      async () => {
        await begin()
        try {
          const took: number[] = []
          for (let call = 0; call < 20; call++) {
            const routed = await scene.emsp.gets('locations', { to: 'DE-CPO', path: '/LOC1' })
            expect(routed.json().status_code).toBe(1000)
            took.push(routed.elapsedMs)
          }
          // Two of twenty may meet a machine that is busy otherwise; whatever asks Redis would hold up more.
          expect(took.sort((one, other) => one - other).at(-3)).toBeLessThan(500)
          scene.cpo.forget()
          const answer = await command()
          await inTime(2_000, async () => (await command()).elapsedMs)
          expect(scene.cpo.requests).toEqual([])
          return { hub: scene.hub, answer, journalled: false }
        } finally {
          await end()
        }
      },
    )

    it(`takes commands again when Redis is back: it was ${what}`, works)
  }
})
