// `ocpi-hub platforms move|moves|stay`, and what `parties` says of those behind a hub and on the move.

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { cli } from './run.ts'
import { json, scriptedServer, type Answer, type ScriptedServer } from './scripted-server.ts'

let server: ScriptedServer
let answer: Answer
const items = [{ party: 'DE-CPO', role: 'CPO', from: 'old', to: 'new' }]

beforeEach(async () => {
  answer = json({ items })
  server = await scriptedServer((request, response) => answer(request, response))
})
afterEach(() => server.close())

const run = (...argv: readonly string[]) => cli(argv, { env: { OCPI_HUB_ADMIN_URL: server.url } })

const TABLE = ['PARTY   ROLE  FROM  MAY MOVE TO', 'DE-CPO  CPO   old   new'].join('\n')

describe('platforms', () => {
  test('move lets a party go to one platform, in one role if that is said', async () => {
    expect(await run('platforms', 'move', 'de*cpo', '--to', 'new')).toEqual({ code: 0, out: TABLE, err: '' })
    await run('platforms', 'move', 'DE-CPO', '--to', 'new', '--role', 'CPO')
    expect(server.asked).toEqual([
      'PUT /api/v1/parties/DE-CPO/move {"to":"new"}',
      'PUT /api/v1/parties/DE-CPO/move {"to":"new","role":"CPO"}',
    ])
    expect((await run('platforms', 'move', 'DE-CPO')).code).toBe(2)
    expect((await run('platforms', 'move', 'nonsense', '--to', 'new')).code).toBe(2)
  })

  test('moves lists what may move', async () => {
    expect((await run('platforms', 'moves')).out).toBe(TABLE)
    expect(JSON.parse((await run('platforms', 'moves', '--json')).out)).toEqual({ items })
    answer = json({ items: [] })
    expect(await run('platforms', 'moves')).toEqual({ code: 0, out: '', err: 'no party may move' })
    expect(server.asked[0]).toBe('GET /api/v1/moves')
  })

  test('stay takes it back', async () => {
    expect((await run('platforms', 'stay', 'DE-CPO', '--role', 'CPO')).out).toBe('DE-CPO stays where it is')
    expect(server.asked).toEqual(['DELETE /api/v1/parties/DE-CPO/move?role=CPO'])
  })
})

test('parties says behind which hub a party is, and where it may move to', async () => {
  const party = { address: 'DE-CPO', role: 'CPO', status: 'CONNECTED', platform: 'hb2' }
  answer = json({
    items: [
      { ...party, behind: 'DE-HB2' },
      { ...party, platform: 'old', moving_to: 'new' },
    ],
  })
  const { out } = await run('parties')
  expect(out).toContain('hb2 (behind hub DE-HB2)')
  expect(out).toContain('old (may move to new)')
})
