// Error answers that are made to harm the hub or its clients, or that are merely careless: they are read, bounded and
// never passed on as they are.

import { brotliCompressSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { askFor, type DialectScene, stageDialects } from '../support/dialects.ts'
import { expectFault, expectPublicOnly } from '../support/expect-fault.ts'
import type { Answer } from '../support/party.ts'
import type { ScriptedAnswer } from '../support/party-server.ts'
import { type DialectFixture, FIXTURES } from '../unit/dialects/fixture.ts'

const MiB = 1024 * 1024
const KEPT_MAX = 8192

let scene: DialectScene
beforeAll(async () => {
  scene = await stageDialects({ forwarding: { timeoutMs: 10_000, maxResponseBodyBytes: 24 * MiB } })
})
afterAll(() => scene.close())

type Name = DialectFixture['name']
const ask = (name: Name, answer: ScriptedAnswer): Promise<Answer> => askFor(scene, scene[name], answer)

async function expectCode(name: Name, answer: ScriptedAnswer, code: number): Promise<Answer> {
  const got = await ask(name, answer)
  expect([got.httpStatus, got.json().status_code]).toEqual([200, code])
  return got
}

describe.each(FIXTURES)('$name', ({ name, rows, spell }) => {
  const error = rows.find(({ becomes }) => becomes === '2001')!

  it('a message of 8 MiB is cut to 8 KiB', async () => {
    const json = spell({ code: error.code, slug: error.slug, message: 'é'.repeat(4 * MiB) })
    const answer = await expectCode(name, { status: 400, json }, 2001)
    expect(answer.body.length).toBeLessThan(3 * KEPT_MAX)
    const { status_message: message = '', data } = answer.json()
    expect(Buffer.byteLength(message)).toBeLessThanOrEqual(KEPT_MAX)
    expect(message).toMatch(/^é{4000,}…$/)
    expect(data?.message).toBe(message)
  })

  it('is read compressed', async () => {
    const body = JSON.stringify(spell({ code: error.code, slug: error.slug, message: 'packed' }))
    for (const [coding, packed] of [
      ['gzip', gzipSync(body)],
      ['br', brotliCompressSync(body)],
    ] as const) {
      const headers = { 'Content-Encoding': coding }
      const answer = await expectCode(name, { status: 400, body: packed, headers }, 2001)
      expect(answer.json().status_message).toBe('packed')
      expect(answer.headers).not.toHaveProperty('content-encoding')
    }
  })

  it('is read with a byte order mark and with bytes that are not UTF-8', async () => {
    const text = JSON.stringify(spell({ code: error.code, slug: error.slug, message: 'M' }))
    await expectCode(name, { status: 400, body: `\ufeff${text}` }, 2001)
    const broken = Buffer.from(text)
    broken[broken.lastIndexOf('"M"') + 1] = 0xff
    const answer = await expectCode(name, { status: 400, body: broken }, 2001)
    expect(answer.json().status_message).toBe('\ufffd')
  })

  it('__proto__ is a member like any other', async () => {
    const text = JSON.stringify(spell({ code: error.code, slug: error.slug, message: 'm' }))
    const body = text.replace('{', '{"__proto__":{"code":"X","error":"Y","polluted":1},')
    await expectCode(name, { status: 400, body }, 2001)
    expect({}).not.toHaveProperty('polluted')
    const inherited = { status: 400, body: `{"__proto__":${text}}` }
    await expectFault(scene.hub, await ask(name, inherited), 'answer_not_ocpi')
  })

  it('an error that only ends like an envelope is none', async () => {
    const body = '{"data": <oops>,"status_code":1000,"timestamp":"x"}'
    for (const status of [200, 400]) {
      await expectFault(scene.hub, await ask(name, { status, body }), 'answer_not_ocpi')
    }
  })

  it("a service that repeats the hub's token is not passed on with it", async () => {
    const { outbound } = scene[name].tokens
    for (const token of [outbound, Buffer.from(outbound).toString('base64')]) {
      const message = `token ${token} is odd`
      const details = { header: `Token ${token}` }
      for (const row of [error, rows.find(({ becomes }) => /^[a-z]/.test(becomes)) ?? error]) {
        const json = spell({ code: row.code, slug: row.slug, message, details })
        const answer = await ask(name, { status: row.http, json })
        expectPublicOnly(scene.hub, answer)
        const entry = await scene.hub.newest({ request_id: answer.sent.requestId })
        expect(JSON.stringify(entry)).not.toContain(token)
      }
    }
  })
})
