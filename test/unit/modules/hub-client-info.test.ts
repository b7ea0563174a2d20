// The list of parties a platform can reach.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createHubClientInfo } from '../../../src/modules/hub-client-info.ts'
import { hashToken } from '../../../src/ocpi/token.ts'
import type { Platform } from '../../../src/registry/platform.ts'
import { platform, role, SECRET } from '../../support/platforms.ts'
import { createKit, faultOf, type Kit, PUBLIC_URL } from './kit.ts'

const LIST = '/ocpi/2.2.1/hubclientinfo'
const DATES = ['2026-01-01T00:00:00.000Z', '2026-01-02T00:00:00.000Z', '2026-01-03T00:00:00.000Z'] as const

let kit: Kit

function holder(id: string, texts: readonly string[], changes: Partial<Platform> = {}): Platform {
  return platform(id, {
    inbound: [{ hash: hashToken(id, SECRET), purpose: 'credentials' }],
    roles: texts.map((text, index) => ({ ...role(text), lastUpdated: DATES[index % 3]! })),
    ...changes,
  })
}

async function list(query = '', token = 'reader', version = '2.2.1') {
  const answer = await kit.ask(token, 'GET', `/ocpi/${version}/hubclientinfo${query}`)
  const infos = answer.data as { country_code: string; party_id: string; role: string; status: string }[]
  return {
    headers: answer.headers!,
    infos,
    texts: infos.map((info) => `${info.country_code}-${info.party_id} ${info.role} ${info.status}`),
  }
}

beforeEach(async () => {
  kit = await createKit({}, [
    holder('reader', ['NL-EMS EMSP']),
    holder('cpos', ['DE-BBB CPO', 'DE-AAA CPO', 'DE-AAA EMSP']),
    holder('away', ['FR-OFF CPO'], { status: 'OFFLINE' }),
    holder('left', ['FR-OLD CPO'], { status: 'SUSPENDED' }),
    holder('coming', ['FR-NEW CPO'], { status: 'PLANNED' }),
  ])
})
afterEach(() => kit.close())

describe('GET hubclientinfo', () => {
  it('lists every party in each role with its status, but not the own ones, the oldest first (R85-R87, R71)', async () => {
    const { infos, texts } = await list()
    expect(texts).toEqual([
      'DE-BBB CPO CONNECTED',
      'FR-NEW CPO PLANNED',
      'FR-OFF CPO OFFLINE',
      'FR-OLD CPO SUSPENDED',
      'DE-AAA CPO CONNECTED',
      'DE-AAA EMSP CONNECTED',
    ])
    expect(infos[4]).toEqual({
      party_id: 'AAA',
      country_code: 'DE',
      role: 'CPO',
      status: 'CONNECTED',
      last_updated: DATES[1],
    })
  })

  it('shows a withdrawn role as SUSPENDED (T23)', async () => {
    const cpos = kit.platform('cpos')
    const [first, ...others] = cpos.roles
    await kit.registry.put({ ...cpos, roles: [{ ...first!, withdrawn: true }, ...others] })
    expect((await list()).texts).toContain('DE-BBB CPO SUSPENDED')
  })

  it('shows a party once that has moved to another platform', async () => {
    await kit.registry.put(holder('new-home', ['FR-OLD CPO']))
    expect((await list()).texts.filter((text) => text.startsWith('FR-OLD'))).toEqual(['FR-OLD CPO CONNECTED'])
  })

  it('takes date_from as inclusive and date_to as exclusive (R68, R86)', async () => {
    expect((await list(`?date_from=${DATES[1]}`)).texts).toEqual([
      'DE-AAA CPO CONNECTED',
      'DE-AAA EMSP CONNECTED',
    ])
    expect((await list(`?date_from=${DATES[1]}&date_to=${DATES[2]}`)).texts).toEqual(['DE-AAA CPO CONNECTED'])
    expect((await list('?date_from=2026-01-02T00:00:00.001')).texts).toEqual(['DE-AAA EMSP CONNECTED'])
  })

  it('gives pages that link to each other with their filters (R69, R86)', async () => {
    const seen: string[] = []
    let query: string | undefined = `?limit=1&date_from=${DATES[0]}`
    for (; query !== undefined; ) {
      const page = await list(query)
      expect(page.headers).toMatchObject({ 'X-Total-Count': '6', 'X-Limit': '500' })
      seen.push(...page.texts)
      const next: RegExpExecArray | null = /^<([^>]+)>; rel="next"$/.exec(page.headers.Link ?? '')
      if (next) expect(next[1]!.startsWith(`${PUBLIC_URL}${LIST}?`)).toBe(true)
      query = next ? new URL(next[1]!).search : undefined
    }
    expect(seen).toEqual((await list()).texts)
  })

  it('has both headers on an empty page (R69)', async () => {
    const { headers, infos } = await list('?date_from=2030-01-01T00:00:00Z')
    expect([infos, headers]).toEqual([[], { 'X-Total-Count': '0', 'X-Limit': '500' }])
  })

  it('refuses a broken query, another method, a path below and a version without the module (T37)', async () => {
    expect((await faultOf(kit.ask('reader', 'GET', `${LIST}?limit=0`))).code).toBe('query_invalid')
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      expect((await faultOf(kit.ask('reader', method, LIST, {}))).code).toBe('method_unsupported')
    }
    expect((await faultOf(kit.ask('reader', 'GET', `${LIST}/DE/AAA`))).code).toBe('url_unknown')
    expect((await faultOf(kit.ask('reader', 'GET', '/ocpi/2.1.1/hubclientinfo'))).code).toBe('url_unknown')
  })

  it('tells a 2.3.0 platform no role that its version has not (T14, T23)', async () => {
    await kit.registry.put(holder('odd', ['BE-HBB HUB', 'BE-PAY PTP', 'BE-ODD DRAGON']))
    const named = async (token: string, version: string) =>
      (await list('', token, version)).texts.filter((text) => text.startsWith('BE-'))
    expect(await named('reader', '2.3.0')).toEqual([
      'BE-HBB OTHER CONNECTED',
      'BE-PAY OTHER CONNECTED',
      'BE-ODD OTHER CONNECTED',
    ])
    expect(await named('reader', '2.2.1')).toContain('BE-HBB HUB CONNECTED')
    await kit.registry.put(holder('payer', ['NL-PTP PTP']))
    expect(await named('payer', '2.3.0')).toContain('BE-PAY PTP CONNECTED')
  })

  it('leaves out whom the platform may not see (R87, T38)', async () => {
    const handler = createHubClientInfo({
      ...kit.parts,
      visible: (_from, party) => party.key.startsWith('DE-'),
    })
    const { connection, token } = kit.registry.table().tokens.get(kit.parts.hashes.make('reader').hash)!
    const answer = await handler({
      connection,
      token,
      tokenValue: 'reader',
      tokenForm: 'base64',
      version: '2.2.1',
      method: 'GET',
      rest: '',
      query: '',
      body: undefined,
    })
    expect(answer.headers).toMatchObject({ 'X-Total-Count': '3' })
  })
})
