// Clients that do not follow a Link but take offset and limit out of it and ask the list again, as a library of OCPI in
// use does: with a Link that is an opaque URL alone their list would end at the first page, and nobody be told.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ok } from '../support/envelopes.ts'
import { stage, type Scene } from '../support/hub.ts'
import { listOf } from '../support/lists.ts'
import { party, type Answer, type Party } from '../support/party.ts'

let scene: Scene<{ emsp: Party; cpo: Party; cpo2: Party }>

beforeAll(async () => {
  scene = await stage({
    emsp: party('NL-EMS', 'EMSP'),
    cpo: party('DE-CPO', 'CPO'),
    cpo2: party('FR-CPO', 'CPO'),
  })
})
afterAll(() => scene.close())
beforeEach(() => {
  scene.cpo.answers('GET locations', listOf(objects('A', 5), { pageMax: 2 }))
  scene.cpo2.answers('GET locations', listOf(objects('B', 3)))
})

const objects = (letter: string, count: number) =>
  Array.from({ length: count }, (_, index) => ({ id: `${letter}${index + 1}` }))
const idsOf = (answer: Answer) => (answer.json().data as unknown as { id: string }[]).map(({ id }) => id)
const nextOf = (answer: Answer) => /^<([^>]+)>; rel="next"$/.exec(answer.headers.link ?? '')?.[1]

/** All ids, page by page, in the way of such a client. */
async function readByOffset(to: string, limit: number): Promise<string[]> {
  const ids: string[] = []
  let query = `?limit=${limit}`
  for (let pages = 0; pages < 20; pages++) {
    const answer = await scene.emsp.gets('locations', { to, path: query })
    ids.push(...idsOf(answer))
    const next = nextOf(answer)
    if (next === undefined) return ids
    const asked = new URL(next).searchParams
    query = `?limit=${asked.get('limit')}&offset=${asked.get('offset')}`
  }
  throw new Error('there was no end')
}

describe('a list that is read by the offset in its Link', () => {
  it('of one party is read to its end', async () => {
    expect(await readByOffset('DE-CPO', 2)).toEqual(['A1', 'A2', 'A3', 'A4', 'A5'])
  })

  for (const limit of [1, 2, 3, 4]) {
    it(`of all parties is read to its end: limit ${limit}`, async () => {
      expect(await readByOffset('hub', limit)).toEqual(['A1', 'A2', 'A3', 'A4', 'A5', 'B1', 'B2', 'B3'])
    })
  }

  it('of all parties goes past one that fails after it has told its total', async () => {
    const good = listOf(objects('A', 5), { pageMax: 2 })
    scene.cpo.answers('GET locations', (request) =>
      request.url.endsWith('?offset=0&limit=1') ? good(request) : { status: 500, body: 'oops' },
    )
    expect(await readByOffset('hub', 2)).toEqual(['B1', 'B2', 'B3'])
  })
})

describe('a Link with an offset', () => {
  it('is followed as it is written all the same', async () => {
    const first = await scene.emsp.gets('locations', { to: 'DE-CPO', path: '?limit=2' })
    const path = nextOf(first)!
    expect(path).toMatch(/\/[\w-]{43}\?offset=2&limit=2$/)
    expect(idsOf(await scene.emsp.sends({ method: 'GET', path }))).toEqual(['A3', 'A4'])
    expect(new URL(`http://x${scene.cpo.last().url}`).search).toBe('?limit=2&offset=2')
  })

  it('has none that the party did not write, and nothing else of its URL', async () => {
    for (const [query, place] of [
      ['?cursor=abc&limit=2', ''],
      ['?offset=x&limit=2', ''],
      ['?offset=2&limit=all&secret=1', '?offset=2'],
      ['?offset=99999999999', ''],
    ]) {
      scene.cpo.answers('GET locations', { json: ok([]), headers: { Link: `<${query}>; rel="next"` } })
      const next = nextOf(await scene.emsp.gets('locations', { to: 'DE-CPO' }))!
      expect(new URL(next).search).toBe(place)
    }
  })
})
