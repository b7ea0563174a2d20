// GET ALL over owners with cursors of their own: their Link is followed as it is written (R70), below their endpoint
// only, and nobody who asks sees anything of it.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { operate } from '../support/admin.ts'
import { ok, says } from '../support/envelopes.ts'
import { expectFault, routingOf } from '../support/expect-fault.ts'
import { stage, startHub, type Scene } from '../support/hub.ts'
import { listOf } from '../support/lists.ts'
import { party, type Answer, type Party } from '../support/party.ts'
import type { ReceivedRequest, ScriptedAnswer } from '../support/party-server.ts'
import { waitFor } from '../support/wait.ts'

let scene: Scene<Record<'emsp' | 'cpo' | 'cpo2', Party>>

beforeAll(async () => {
  scene = await stage({
    emsp: party('NL-EMS', 'EMSP'),
    cpo: party('DE-CPO', 'CPO'),
    cpo2: party('FR-CPO', 'CPO'),
  })
})
afterAll(() => scene.close())
beforeEach(() => {
  const { hub, emsp, cpo, cpo2 } = scene
  emsp.join(hub.ocpiUrl)
  for (const one of [emsp, cpo, cpo2]) {
    one.forget()
    one.answers('*', { json: ok() })
  }
  cpo2.answers('GET locations', listOf([{ id: 'B1' }, { id: 'B2' }]))
})

interface CursorOptions {
  readonly size?: number
  /** Whether a smaller limit than its own size counts. */
  readonly heedsLimit?: boolean
  readonly total?: boolean
  /** Where the cursor stands. */
  readonly at?: 'path' | 'query'
  /** The Link instead of the usual one. */
  readonly link?: (usual: string, page: number) => string | undefined
}

/** An owner that heeds no offset: its pages are led to by Link alone. Cursors are `SECRET-{from}-{size}`. */
function byCursor(
  ids: readonly string[],
  { size = 100, heedsLimit = true, total = true, at = 'query', link }: CursorOptions = {},
) {
  let pages = 0
  return ({ url }: ReceivedRequest): ScriptedAnswer => {
    const { pathname, searchParams } = new URL(url, 'http://party.example')
    const [, from, own] = /SECRET-(\d+)-(\d+)/.exec(url) ?? []
    const start = Number(from ?? 0)
    const limit = Number(own ?? Math.min(heedsLimit ? Number(searchParams.get('limit') ?? size) : size, size))
    const end = start + limit
    const base = pathname.replace(/\/SECRET.*/, '')
    const cursor = `SECRET-${end}-${limit}`
    const usual = at === 'path' ? `${base}/${cursor}` : `${base}?cursor=${cursor}`
    const next = link ? link(usual, pages++) : end < ids.length ? usual : undefined
    return {
      json: ok(ids.slice(start, end).map((id) => ({ id }))),
      headers: {
        ...(total ? { 'X-Total-Count': String(ids.length) } : {}),
        ...(next === undefined ? {} : { Link: `<${next}>; rel="next"` }),
      },
    }
  }
}

const idsOf = (answer: Answer) => (answer.json().data as unknown as { id: string }[]).map(({ id }) => id)
const nextOf = (answer: Answer) => /<([^>]+)>; *rel="next"/.exec(answer.headers.link ?? '')?.[1]
const A = Array.from({ length: 7 }, (_, number) => `A${number}`)

interface Crawled {
  readonly pages: string[][]
  readonly told: string
}

async function crawl(query: string): Promise<Crawled> {
  const pages: string[][] = []
  const told: unknown[] = []
  let answer = await scene.emsp.gets('locations', { to: 'hub', path: query })
  for (;;) {
    expect(answer.json().status_code).toBe(1000)
    const cursor = nextOf(answer)?.split('cursor=')[1] ?? ''
    const readable = Buffer.from(cursor.split('.')[0]!, 'base64url').toString()
    expect(`${JSON.stringify(answer.headers)}${readable}${answer.body.toString()}`).not.toMatch(
      /SECRET|its\/own|127\.0/,
    )
    pages.push(idsOf(answer))
    told.push(answer.json().status_message)
    const next = nextOf(answer)
    if (next === undefined || pages.length > 30) return { pages, told: told.join('') }
    answer = await scene.emsp.sends({ method: 'GET', path: next, to: 'hub' })
  }
}

describe('an owner with cursors of its own', () => {
  it.each([
    ['in the query', { size: 3 }, ''],
    ['in the path', { size: 3, at: 'path' }, ''],
    ['without a total', { size: 3, total: false }, ''],
    ['on pages of the requester', {}, '?limit=2'],
    ['on pages smaller than those asked for', { size: 2 }, '?limit=5'],
    ['on pages larger than those asked for', { size: 4, heedsLimit: false }, '?limit=1'],
  ] as const)('is read to its end: %s', async (_, options, query) => {
    scene.cpo.answers('GET locations', byCursor(A, options))
    const { pages, told } = await crawl(query)
    expect(pages.flat()).toEqual([...A, 'B1', 'B2'])
    expect(told).toBe('')
  })

  it('is asked behind its Links as it is by offset: for itself, with its token, traced to the requester', async () => {
    scene.cpo.answers('GET locations', byCursor(A, { size: 4 }))
    const answer = await scene.emsp.gets('locations', { to: 'hub', path: '?date_from=2026-01-01T00:00:00Z' })
    expect(idsOf(answer)).toEqual([...A, 'B1', 'B2'])
    const last = scene.cpo.last()
    expect(last.url).toBe('/its/own/data/locations?cursor=SECRET-4-4')
    expect(routingOf(last)).toEqual({ to: 'DE-CPO', from: 'NL-EMS' })
    expect(last.headers.authorization).toBe(scene.cpo.requests[0]!.headers.authorization)
    expect(last.headers['x-correlation-id']).toBe(answer.sent.correlationId)
  })

  it('gives no page larger than asked for, and no tiny ones where another owner ended', async () => {
    scene.cpo.answers('GET locations', listOf([{ id: 'X1' }, { id: 'X2' }, { id: 'X3' }]))
    scene.cpo2.answers('GET locations', byCursor(A))
    const { pages } = await crawl('?limit=4')
    expect(pages).toEqual([['X1', 'X2', 'X3'], A.slice(0, 4), A.slice(4)])
  })

  it('goes on at another hub, and a page may be read again', async () => {
    scene.cpo.answers('GET locations', byCursor(A, { size: 3 }))
    const first = await scene.emsp.gets('locations', { to: 'hub', path: '?limit=3' })
    const next = nextOf(first)!
    const again = await scene.emsp.sends({ method: 'GET', path: next, to: 'hub' })
    const other = await startHub({
      platforms: [scene.emsp, scene.cpo, scene.cpo2].map((one) => one.platform()),
    })
    scene.emsp.join(other.ocpiUrl)
    const there = await scene.emsp.sends({ method: 'GET', path: next, to: 'hub' })
    expect([idsOf(again), idsOf(there)]).toEqual([A.slice(3, 6), A.slice(3, 6)])
    await other.close()
  })

  it('refuses a cursor in which the place was changed', async () => {
    scene.cpo.answers('GET locations', byCursor(A, { size: 3 }))
    const first = await scene.emsp.gets('locations', { to: 'hub', path: '?limit=3' })
    const [payload = '', signature] = nextOf(first)!.split('cursor=')[1]!.split('.')
    const parts = JSON.parse(Buffer.from(payload, 'base64url').toString()) as unknown[]
    parts[1] = 0
    const forged = Buffer.from(JSON.stringify(parts)).toString('base64url')
    const path = `?cursor=${forged}.${signature}`
    await expectFault(scene.hub, await scene.emsp.gets('locations', { to: 'hub', path }), 'query_invalid')
  })

  it('is named when it fails half-way, and the others go on', async () => {
    const list = byCursor(A, { size: 3 })
    scene.cpo.answers('GET locations', (request) =>
      request.url.includes('SECRET-6') ? { json: says(2001, 'cursor has ended') } : list(request),
    )
    const { pages, told } = await crawl('')
    expect(pages.flat()).toEqual([...A.slice(0, 6), 'B1', 'B2'])
    expect(told).toBe('1 of 2 parties answered; missing DE-CPO: 2001 cursor has ended')
  })
})

describe('a Link that leads nowhere', () => {
  const circle = 'DE-CPO leads back by its Link to a page it gave before'

  it.each(['', '?limit=3'])('ends a circle, and says so: %s', async (query) => {
    scene.cpo.answers(
      'GET locations',
      byCursor(A, { size: 3, link: (usual) => usual.replace(/SECRET-(7|8|9)/, 'SECRET-3') }),
    )
    const { pages, told } = await crawl(query)
    expect(pages.flat()).toEqual([...A, 'B1', 'B2'])
    expect(told).toBe(circle)
    const entry = await scene.hub.newest({ fault: 'answer_not_ocpi' })
    expect(entry).toMatchObject({ to: 'DE-CPO', message: `${circle}.` })
  })

  it('ends where a page comes again behind ever new cursors', async () => {
    let asked = 0
    scene.cpo.answers('GET locations', () => ({
      json: ok([{ id: 'A0' }]),
      headers: { Link: `</its/own/data/locations?cursor=${asked++}>; rel="next"` },
    }))
    const { pages, told } = await crawl('')
    expect(pages.flat()).toEqual(['A0', 'B1', 'B2'])
    expect(told).toBe('DE-CPO gives the same page again behind its Link')
  })

  it.each([
    ['another path', (usual: string) => usual.replace('locations', 'tokens')],
    ['a path that climbs', (usual: string) => usual.replace('locations?', 'locations/%2e%2e/tokens?')],
    ['another origin', (usual: string) => `http://localhost:9${usual}`],
  ])('is not followed to %s', async (_, astray) => {
    scene.cpo.answers('GET locations', byCursor(A, { size: 3, link: astray }))
    const { pages, told } = await crawl('')
    expect(pages.flat()).toEqual([...A.slice(0, 3), 'B1', 'B2'])
    expect(told).toBe('DE-CPO gives the same page at every offset, and the hub cannot follow its Link')
    for (const { url } of scene.cpo.requests) expect(url).toMatch(/^\/its\/own\/data\/locations\?offset=/)
  })

  it('is not followed elsewhere from a page behind a Link either', async () => {
    const link = (usual: string) => (usual.includes('SECRET-6') ? 'https://other.example/x' : usual)
    scene.cpo.answers('GET locations', byCursor(A, { size: 3, link }))
    const { pages, told } = await crawl('')
    expect(pages.flat()).toEqual([...A.slice(0, 6), 'B1', 'B2'])
    expect(told).toBe('DE-CPO has more behind a Link that the hub cannot follow')
  })

  it('goes on by offset where a Link is not followed and the owner heeds offsets', async () => {
    const list = listOf(
      A.map((id) => ({ id })),
      { pageMax: 3 },
    )
    scene.cpo.answers('GET locations', (request) => {
      const { json, headers } = list(request)
      return { json, headers: { ...headers, Link: '<https://inner.example/locations?x=1>; rel="next"' } }
    })
    const { pages, told } = await crawl('')
    expect(pages.flat()).toEqual([...A, 'B1', 'B2'])
    expect(told).toBe('')
  })
})

it('does not ask the next owner again and again while one gives small pages', async () => {
  const many = Array.from({ length: 9 }, (_, number) => ({ id: `A${number}` }))
  scene.cpo.answers('GET locations', listOf(many, { pageMax: 1 }))
  const answer = await scene.emsp.gets('locations', { to: 'hub' })
  expect(idsOf(answer)).toEqual([...many.map(({ id }) => id), 'B1', 'B2'])
  // For its total, before the pages were known to be small, and in its turn.
  expect(scene.cpo2.requests).toHaveLength(3)
})

it('ends a page when it has the size that one answer may have, with a Link to the rest', async () => {
  const own = await stage(
    { emsp: party('NL-EMS', 'EMSP'), cpo: party('DE-CPO', 'CPO') },
    { forwarding: { maxResponseBodyBytes: 4_096 } },
  )
  const big = A.map((id) => ({ id, text: 'x'.repeat(2_000) }))
  own.cpo.answers('GET locations', listOf(big, { pageMax: 1 }))
  const first = await own.emsp.gets('locations', { to: 'hub' })
  expect(idsOf(first)).toEqual(A.slice(0, 3))
  const second = await own.emsp.sends({ method: 'GET', path: nextOf(first)!, to: 'hub' })
  expect(idsOf(second)).toEqual(A.slice(3, 6))
  await own.close()
})

it('counts a list behind Links as read from where it was asked for, whatever its last Link says', async () => {
  const own = await stage({ emsp: party('NL-EMS', 'EMSP'), cpo: party('DE-CPO', 'CPO') })
  own.emsp.answers('PUT locations', { status: 500, body: 'broken' })
  await own.cpo.puts('locations', { to: 'NL-EMS', path: '/DE/CPO/LOC1', json: { id: 'LOC1' } })
  const missed = (count: number) =>
    waitFor(
      async () =>
        (await operate(own.hub, 'GET /parties/nl*ems/missed')).json.count === count ? true : undefined,
      { what: `${count} missed pushes` },
    )
  await missed(1)
  own.cpo.answers('GET locations', byCursor(A, { size: 4 }))
  const later = new Date(Date.now() + 60_000).toISOString()
  await own.emsp.gets('locations', { to: 'hub', path: `?date_from=${later}` })
  await missed(1)
  await own.emsp.gets('locations', { to: 'hub' })
  await missed(0)
  await own.close()
})
