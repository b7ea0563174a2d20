// The Proof service's codes as its specification lists them.

import type { DialectFixture, FixtureRow } from './fixture.ts'

function rows(http: number, slug: string, codes: string, becomes: string, recovery: string): FixtureRow[] {
  return codes.split(', ').map((code) => ({ code, slug, http, becomes, recovery }))
}

function advising(advice: string, group: readonly FixtureRow[]): FixtureRow[] {
  return group.map((row) => ({ ...row, advice }))
}

const INVALID_REQUEST = 'validation_error, decode_error, missing_param, currency_not_allowed'
const UNAVAILABLE = 'upstream_unavailable, upstream_invalid_response'

function refusing(http: number, slug: string, code: string, likelyCause: RegExp): FixtureRow[] {
  return rows(http, slug, code, 'token_rejected', 'ask_hub').map((row) => ({ ...row, likelyCause }))
}

export const fixture: DialectFixture = {
  name: 'proof',
  hasDetails: false,
  spell: ({ code, slug = 'invalid_request', message }) => ({ error: slug, code, message }),
  rows: [
    ...advising('fix the request', rows(400, 'invalid_request', INVALID_REQUEST, '2001', 'correct')),
    ...rows(400, 'wallet_not_supported', 'WALLET_NOT_SUPPORTED', '2000', 'ask_responder'),
    ...refusing(401, 'unauthorised', 'missing_token', /Authorization header/),
    ...refusing(401, 'unauthorised', 'invalid_token', /expired/),
    ...refusing(403, 'forbidden', 'forbidden_origin', /allow-list/),
    ...rows(404, 'not_found', 'not_found', '2000/404', 'correct'),
    ...advising('retry once', rows(500, 'internal_error', 'db_error, token_error', '3000', 'check')),
    ...rows(500, 'publish_failed', 'kafka_unavailable', '3000', 'check'),
    ...advising('retry with the same body', rows(502, 'upstream_error', 'provider_error', '3000', 'check')),
    ...advising('retry, back off', rows(502, 'upstream_unavailable', UNAVAILABLE, '3000', 'check')),
  ],
  strangers: [
    { slug: 'invalid_request', code: 'brand_new', message: 'm' },
    { slug: 'brand_new', code: 'validation_error', message: 'm' },
    { slug: 'upstream_error', code: 'db_error' },
    { slug: 'constructor', code: 'toString' },
  ],
  foreign: [
    { error: { code: 'INVALID_PROOF', message: 'm' } },
    { error: 'ORDER_NOT_FOUND', message: 'm' },
    { code: 'validation_error', slug: 'invalid_request' },
  ],
}
