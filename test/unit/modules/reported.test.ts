// What becomes of the word of another hub: pure functions from reports to the platform that is that hub (T25).

import { describe, expect, it } from 'vitest'
import type { PartyReport } from '../../../src/ocpi/client-info.ts'
import { isHub, type Platform } from '../../../src/registry/platform.ts'
import { withStatus } from '../../../src/modules/platform-change.ts'
import {
  BEHIND_MAX,
  withCredentialsList,
  withList,
  withoutReports,
  withReports,
} from '../../../src/modules/reported.ts'
import { platform, role } from '../../support/platforms.ts'

const DAY = Date.UTC(2026, 5, 1)
const LATER = DAY + 1_000
const iso = (ms: number) => new Date(ms).toISOString()

const empty = platform('hb2', { roles: [role('NL-HB2 HUB')] })

/** `DE-CPO CPO OFFLINE`. */
function report(text: string): PartyReport {
  const [party = '', name = '', status = 'CONNECTED'] = text.split(' ')
  const [countryCode = '', partyId = ''] = party.split('-')
  return { countryCode, partyId, role: name, status: status as PartyReport['status'] }
}

const after = (before: Platform, texts: readonly string[], now = DAY) =>
  withReports(before, texts.map(report), now).platform

const shown = ({ behind = [] }: Platform) =>
  behind.map(({ countryCode, partyId, role: its, reported, withdrawn }) =>
    [`${countryCode}-${partyId}`, its, reported, ...(withdrawn ? ['withdrawn'] : [])].join(' '),
  )

describe('a report', () => {
  it('is kept once for each party and role, in any spelling of the party (R108, T23)', () => {
    const one = after(empty, ['DE-CPO CPO', 'DE-CPO EMSP', 'de-cpo CPO OFFLINE'])
    expect(shown(one)).toEqual(['de-cpo CPO OFFLINE', 'DE-CPO EMSP CONNECTED'])
  })

  it('that says nothing new changes nothing, not even the platform object', () => {
    const one = after(empty, ['DE-CPO CPO'])
    expect(after(one, ['DE-CPO CPO'], LATER)).toBe(one)
  })

  it('of SUSPENDED withdraws the party, and one that is back is new (R91)', () => {
    const one = after(empty, ['DE-CPO CPO'])
    expect(one.behind![0]).toMatchObject({ created: iso(DAY), lastUpdated: iso(DAY) })
    const gone = after(one, ['DE-CPO CPO SUSPENDED'], LATER)
    expect(shown(gone)).toEqual(['DE-CPO CPO SUSPENDED withdrawn'])
    expect(gone.behind![0]).toMatchObject({ created: iso(DAY), lastUpdated: iso(LATER) })
    const back = after(gone, ['DE-CPO CPO'], LATER + 1)
    expect(shown(back)).toEqual(['DE-CPO CPO CONNECTED'])
    expect(back.behind![0]!.created).toBe(iso(LATER + 1))
  })

  it('moves the date of a party only when its status is another one for others (R91)', () => {
    const offline = { ...after(empty, ['DE-CPO CPO']), status: 'OFFLINE' as const }
    const same = after(offline, ['DE-CPO CPO OFFLINE'], LATER)
    expect(same.behind![0]).toMatchObject({ reported: 'OFFLINE', lastUpdated: iso(DAY) })
    const planned = after(offline, ['DE-CPO CPO PLANNED'], LATER)
    expect(planned.behind![0]!.lastUpdated).toBe(iso(LATER))
  })

  it(`is refused beyond ${BEHIND_MAX} parties, but who has left makes room`, () => {
    const texts = Array.from(
      { length: BEHIND_MAX },
      (_, index) => `D${index % 10}-${String(index).padStart(4, '0').slice(1)} R${index}`,
    )
    const full = after(empty, texts)
    expect(full.behind).toHaveLength(BEHIND_MAX)
    const more = withReports(full, [report('DE-CPO CPO')], DAY)
    expect([more.platform, more.refused.length]).toEqual([full, 1])
    const left = after(full, [`${texts[7]!} SUSPENDED`])
    const room = withReports(left, [report('DE-CPO CPO')], DAY)
    expect([room.refused.length, room.platform.behind!.length]).toEqual([0, BEHIND_MAX])
    expect(shown(room.platform)).toContain('DE-CPO CPO CONNECTED')
  })

  it('is taken back whole when the party comes here itself', () => {
    const two = after(empty, ['DE-CPO CPO', 'DE-CPO EMSP', 'DE-ONE CPO'])
    expect(shown(withoutReports(two, 'DE-CPO', LATER))).toEqual(['DE-ONE CPO CONNECTED'])
    expect(withoutReports(withoutReports(two, 'DE-CPO', LATER), 'DE-ONE', LATER)).not.toHaveProperty('behind')
    expect(withoutReports(two, 'DE-XXX', LATER)).toBe(two)
  })
})

describe('a whole list (R86)', () => {
  const before = after(empty, ['DE-AAA CPO', 'DE-BBB CPO'])

  it('replaces what was known before', () => {
    const next = withList(before, [report('DE-BBB CPO OFFLINE'), report('DE-CCC CPO')], before.behind!, LATER)
    expect(shown(next)).toEqual(['DE-BBB CPO OFFLINE', 'DE-CCC CPO CONNECTED'])
    expect(withList(before, ['DE-BBB CPO', 'DE-AAA CPO'].map(report), before.behind!, LATER)).toBe(before)
  })

  it('yields to what was reported since it was asked for', () => {
    const since = withoutReports(after(before, ['DE-AAA CPO OFFLINE', 'DE-NEW CPO'], LATER), 'DE-BBB', LATER)
    const list = ['DE-AAA CPO', 'DE-BBB CPO', 'DE-CCC CPO'].map(report)
    expect(shown(withList(since, list, before.behind!, LATER))).toEqual([
      'DE-AAA CPO OFFLINE',
      'DE-NEW CPO CONNECTED',
      'DE-CCC CPO CONNECTED',
    ])
  })

  it('is taken no further than the limit', () => {
    const list = Array.from({ length: BEHIND_MAX + 5 }, (_, index) => report(`DE-AAA R${index}`))
    expect(withList(empty, list, [], DAY).behind).toHaveLength(BEHIND_MAX)
  })
})

describe('a list in credentials (R38)', () => {
  const before = after(empty, ['DE-AAA CPO OFFLINE', 'DE-BBB CPO', 'DE-CCC CPO SUSPENDED'])
  const listed = ['DE-AAA CPO', 'DE-CCC CPO', 'DE-NEW CPO'].map(report)

  it('is all there is of a hub without HubClientInfo', () => {
    expect(shown(withCredentialsList(before, listed, LATER))).toEqual([
      'DE-AAA CPO OFFLINE',
      'DE-CCC CPO CONNECTED',
      'DE-NEW CPO CONNECTED',
    ])
  })

  it('only adds to that of a hub whose list tells statuses', () => {
    const endpoints = [{ module: 'hubclientinfo', role: 'SENDER' as const, url: 'https://hb2.example/hci' }]
    expect(shown(withCredentialsList({ ...before, endpoints }, listed, LATER))).toEqual([
      'DE-AAA CPO OFFLINE',
      'DE-BBB CPO CONNECTED',
      'DE-CCC CPO CONNECTED',
      'DE-NEW CPO CONNECTED',
    ])
  })
})

describe('a hub that changes its own status (R91)', () => {
  it('dates those behind it anew whose status changes with it', () => {
    const two = after(empty, ['DE-AAA CPO', 'DE-BBB CPO OFFLINE'])
    const { behind } = withStatus(two, 'OFFLINE', LATER)
    expect(behind!.map(({ lastUpdated }) => lastUpdated)).toEqual([iso(LATER), iso(DAY)])
  })

  it('is one as long as it has the role HUB', () => {
    expect(isHub(empty)).toBe(true)
    expect(isHub({ roles: [{ ...role('NL-HB2 HUB'), withdrawn: true }] })).toBe(false)
    expect(isHub({ roles: [role('NL-HB2 CPO')] })).toBe(false)
  })
})
