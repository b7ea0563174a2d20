// What a hub holds of what is over: each kind of act again and again, and what its memory has grown by. Whatever it
// keeps on purpose (journal, captures, the last tokens) is full before the measuring begins, or small enough.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { collectGarbage, INSPECTABLE } from '../support/collect-garbage.ts'
import { ADMIN_TOKEN } from '../support/config.ts'
import { makeDirectory } from '../support/directory.ts'
import { ok } from '../support/envelopes.ts'
import { invite, type Guest } from '../support/guest.ts'
import { startHubProcess, type HubProcess } from '../support/hub-process.ts'
import { party, type Answer } from '../support/party.ts'
import { waitFor } from '../support/wait.ts'

const WARM_UP = 300
const REPEATS = 1_000
/** Of one act, what is compiled meanwhile with it; a connection and its endpoints have several thousand. */
const BYTES_MAX = 1_500

const directory = makeDirectory()
const emsp = party('NL-EMS', 'EMSP')
const cpo = party('DE-CPO', 'CPO')
const gone = party('FR-DED', 'CPO', { at: 'http://127.0.0.1:1' })
let guest: Guest
let hub: HubProcess
let count = 0

beforeAll(async () => {
  await Promise.all([emsp.listen(), cpo.listen()])
  hub = await startHubProcess({
    directory: directory.path,
    platforms: [emsp, cpo, gone].map((one) => one.platform()),
    config: { journal: { max_entries: 100 } },
    wrapper: INSPECTABLE,
  })
  await hub.ready()
  for (const one of [emsp, cpo]) one.join(hub.ocpiUrl)
  emsp.answers('*', { json: ok() })
  cpo.answers('*', { json: ok() })
  const next = `<${cpo.url()}/ocpi/2.2.1/sender/locations?offset=1>; rel="next"`
  cpo.answers('GET locations', { json: ok([{ id: 'LOC1' }]), headers: { link: next } })
  guest = await invite(hub, 'SE-GST', 'EMSP')
  await guest.register()
  guest.party.answers('*', { json: ok() })
})
afterAll(async () => {
  await hub.end()
  await Promise.all([emsp, cpo, guest.party].map((one) => one.close()))
  directory.remove()
})

function expectCode(answer: Answer, code: number): void {
  expect(answer.json().status_code).toBe(code)
}

async function nextPage(): Promise<void> {
  const first = await emsp.gets('locations', { to: 'DE-CPO' })
  const link = /<([^>]+)>; *rel="next"/.exec(first.headers.link ?? '')
  expectCode(await emsp.sends({ method: 'GET', path: link![1]!, to: 'DE-CPO' }), 1000)
}

async function command(): Promise<void> {
  const json = { response_url: `${emsp.url()}/results/${++count}`, location_id: 'LOC1' }
  expectCode(await emsp.posts('commands', { to: 'DE-CPO', path: '/UNLOCK_CONNECTOR', json }), 1000)
  const { response_url: path } = JSON.parse(cpo.last().body.toString()) as { response_url: string }
  expectCode(await cpo.sends({ method: 'POST', path, to: 'NL-EMS', json: { result: 'ACCEPTED' } }), 1000)
}

async function openStream(): Promise<void> {
  const stop = new AbortController()
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}` }
  const answer = await fetch(`${hub.adminUrl}/api/v1/errors/stream`, { headers, signal: stop.signal })
  expect(answer.status).toBe(200)
  stop.abort()
}

async function comeAndGo(): Promise<void> {
  const id = `p${++count}`
  expect((await hub.admin('/platforms', { method: 'POST', json: { id } })).status).toBe(201)
  expect((await hub.admin(`/platforms/${id}`, { method: 'DELETE' })).status).toBe(200)
}

async function suspendAndResume(): Promise<void> {
  for (const verb of ['suspend', 'resume']) {
    expect((await hub.admin(`/platforms/${guest.party.id}/${verb}`, { method: 'POST' })).status).toBe(200)
  }
}

async function hangUp(): Promise<void> {
  const stop = new AbortController()
  const asked = emsp.gets('locations', { to: 'DE-CPO', signal: stop.signal }).catch(() => undefined)
  stop.abort()
  await asked
}

const PUSHED = { country_code: 'DE', party_id: 'CPO', id: 'LOC1', last_updated: '2026-01-01T00:00:00Z' }

const ACTS: Readonly<Record<string, () => Promise<unknown>>> = {
  'a forward': async () => expectCode(await emsp.gets('locations', { to: 'DE-CPO', path: '/LOC1' }), 1000),
  'a failure': async () => expectCode(await emsp.gets('locations', { to: 'FR-DED', path: '/LOC1' }), 4003),
  'an unknown party': async () => expectCode(await emsp.gets('locations', { to: 'XX-NON' }), 4001),
  'a hang-up': hangUp,
  'a page': nextPage,
  'a page of all': async () => expectCode(await emsp.gets('locations', { to: 'NL-HUB' }), 1000),
  'a command and its result': command,
  'a broadcast': async () =>
    expectCode(await cpo.puts('locations', { to: 'NL-HUB', path: '/DE/CPO/LOC1', json: PUSHED }), 1000),
  'a renewal of tokens': () => guest.register('PUT'),
  'a suspension': suspendAndResume,
  'a stream of errors': openStream,
  'a platform that comes and goes': comeAndGo,
}

async function repeat(act: () => Promise<unknown>, times: number): Promise<number> {
  for (let done = 0; done < times; done++) {
    await act()
    for (const one of [emsp, cpo, guest.party]) one.forget()
  }
  await waitFor(async () => /^ocpi_hub_in_flight 0$/m.test(await hub.metrics()), { what: 'an idle hub' })
  await collectGarbage(hub)
  return Number(/^nodejs_heap_size_used_bytes (\S+)$/m.exec(await hub.metrics())![1])
}

describe('nothing stays of', () => {
  for (const [name, act] of Object.entries(ACTS)) {
    it(name, { timeout: 300_000 }, async () => {
      const before = await repeat(act, WARM_UP)
      const after = await repeat(act, REPEATS)
      const bytesEach = Math.round((after - before) / REPEATS)
      console.log({ name, bytesEach })
      expect(bytesEach).toBeLessThan(BYTES_MAX)
    })
  }
})
