// Hub URLs of links: their shape, their length (R111), how they are recognised, how long they live (R78).

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  CALLBACK_LIFE_MAX_MS,
  CALLBACK_LIFE_MS,
  callbackLifeMs,
  linkInterface,
  linkUrl,
  PUBLIC_URL_LENGTH_MAX,
  readLinkPath,
} from '../../../src/links/hub-url.ts'
import { linkId } from '../../../src/links/links.ts'
import { MODULES } from '../../../src/ocpi/module.ts'
import { OFFERABLE_VERSIONS } from '../../../src/ocpi/version.ts'

const ID = linkId(
  {
    purpose: 'page',
    caller: 'a',
    owner: 'b',
    url: 'https://x/',
    module: 'locations',
    interface: 'SENDER',
    from: 'NL-EMS',
    to: 'DE-CPO',
  },
  Buffer.alloc(32, 7),
)

describe('linkUrl', () => {
  it('stands at the module and interface that the link is called on', () => {
    expect(linkUrl('https://hub.example', '2.2.1', { interface: 'SENDER', module: 'locations' }, ID)).toBe(
      `https://hub.example/ocpi/2.2.1/sender/locations/${ID}`,
    )
    expect(linkUrl('https://hub.example/base', '2.3.0', { interface: 'RECEIVER', module: 'cdrs' }, ID)).toBe(
      `https://hub.example/base/ocpi/2.3.0/receiver/cdrs/${ID}`,
    )
  })

  it('is shorter than 255 characters for every module and version at the longest public URL (R111)', () => {
    const publicUrl = `https://${'h'.repeat(PUBLIC_URL_LENGTH_MAX - 8)}`
    for (const version of OFFERABLE_VERSIONS) {
      for (const module of [...MODULES.map((row) => row.id), 'c'.repeat(36)]) {
        expect(linkUrl(publicUrl, version, { interface: 'RECEIVER', module }, ID).length).toBeLessThan(255)
      }
    }
  })

  it('offers call-backs on the SENDER interface, pages and stored CDRs where they were got (§2.11)', () => {
    expect(linkInterface('callback', 'RECEIVER')).toBe('SENDER')
    expect(linkInterface('page', 'SENDER')).toBe('SENDER')
    expect(linkInterface('location', 'RECEIVER')).toBe('RECEIVER')
  })
})

describe('readLinkPath', () => {
  it('reads the id of what linkUrl wrote', () => {
    const url = linkUrl('https://hub.example', '2.2.1', { interface: 'SENDER', module: 'locations' }, ID)
    expect(readLinkPath(url.slice(url.lastIndexOf('/')))).toBe(ID)
    expect(readLinkPath(`${url.slice(url.lastIndexOf('/'))}/`)).toBe(ID)
  })

  it.each([
    '',
    '/',
    ID,
    `/${ID}//`,
    `/${ID}/x`,
    `/x/${ID}`,
    `//${ID}`,
    `/${ID}x`,
    `/${ID.slice(1)}`,
    `/${ID.slice(1)}%`,
    `/${ID}\n`,
  ])('takes %j for no link', (rest) => {
    expect(readLinkPath(rest)).toBeUndefined()
  })

  it('never takes an OCPI object id of up to 39 characters for a link', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 0, maxLength: 39 }), (id) => {
        expect(readLinkPath(`/${id}`)).toBeUndefined()
      }),
    )
  })
})

describe('callbackLifeMs', () => {
  const now = Date.parse('2026-01-01T00:00:00Z')
  const day = 86_400_000
  const life = (command: string, body: string) => callbackLifeMs(command, Buffer.from(body), now)

  it('is 7 days for any command', () => {
    expect(life('START_SESSION', '{"expiry_date":"2026-03-01T00:00:00Z"}')).toBe(CALLBACK_LIFE_MS)
    expect(callbackLifeMs('RESERVE_NOW', undefined, now)).toBe(7 * day)
  })

  it('reaches a day past the expiry_date of RESERVE_NOW when that is later (R78)', () => {
    expect(life('RESERVE_NOW', '{"expiry_date":"2026-01-31T00:00:00Z"}')).toBe(31 * day)
    expect(
      life('reserve_now', '{"token":{"expiry_date":"2027-01-01"},"expiry_date":"2026-01-31T00:00:00.000Z"}'),
    ).toBe(31 * day)
    expect(life('RESERVE_NOW', '{"expiry_date":"2026-01-02T00:00:00Z"}')).toBe(7 * day)
  })

  it('takes a time without zone for UTC (OCPI 2.2.1 §types)', () => {
    expect(life('RESERVE_NOW', '{"expiry_date":"2026-01-31T00:00:00"}')).toBe(31 * day)
    expect(life('RESERVE_NOW', '{"expiry_date":"2026-01-31T01:00:00+01:00"}')).toBe(31 * day)
  })

  it.each(['null', '1', '"soon"', '""', '{}', '"-1"', '"2019-01-01T00:00:00Z"'])(
    'is 7 days when expiry_date is %s',
    (value) => {
      expect(life('RESERVE_NOW', `{"expiry_date":${value}}`)).toBe(CALLBACK_LIFE_MS)
    },
  )

  it('is bounded', () => {
    expect(life('RESERVE_NOW', '{"expiry_date":"9999-12-31T23:59:59Z"}')).toBe(CALLBACK_LIFE_MAX_MS)
  })
})
