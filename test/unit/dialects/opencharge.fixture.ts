// Opencharge's codes as its specification lists them.

import type { DialectFixture, FixtureRow } from './fixture.ts'

function row(code: string, http: number, becomes: string, recovery: string): FixtureRow {
  return { code, http, becomes, recovery }
}

function refusing(code: string, likelyCause: RegExp): FixtureRow {
  return { ...row(code, 401, 'token_rejected', 'ask_hub'), likelyCause }
}

export const fixture: DialectFixture = {
  name: 'opencharge',
  hasDetails: true,
  spell: ({ code, message, details }) => ({ error: { code, message, details } }),
  rows: [
    refusing('INVALID_SIGNATURE', /key/),
    refusing('TIMESTAMP_EXPIRED', /clock of the hub/),
    refusing('NONCE_REUSED', /twice/),
    refusing('UNKNOWN_OCID', /registry/),
    row('METADATA_UNAVAILABLE', 502, '3001', 'wait'),
    row('INVALID_PROOF', 400, '2001', 'correct'),
    row('PROOF_SIGNATURE_INVALID', 400, '2001', 'correct'),
    row('ISSUER_NOT_ACCEPTED', 400, '2001', 'correct'),
    row('AMOUNT_MISMATCH', 400, '2001', 'correct'),
    row('CURRENCY_MISMATCH', 400, '2001', 'correct'),
    row('TXID_NOT_FOUND', 404, '2000/404', 'correct'),
    row('TRANSACTION_EXPIRED', 410, '2000', 'correct'),
    row('INSUFFICIENT_FUNDS', 402, '2000', 'correct'),
    row('CAPABILITY_NOT_SUPPORTED', 400, '3003', 'ask_responder'),
    row('RATE_LIMITED', 429, 'responder_busy', 'wait'),
    row('CONNECTION_REFUSED', 403, 'connection_declined', 'ask_responder'),
  ],
  strangers: [
    { code: 'BRAND_NEW', message: 'm' },
    { code: '__proto__', message: 'm' },
    { code: 'constructor' },
  ],
  foreign: [
    { error: 'ORDER_NOT_FOUND', message: 'm' },
    { error: 'invalid_request', code: 'validation_error', message: 'm' },
    { error: { message: 'no code' } },
    { __proto__: null, code: 'INVALID_PROOF', message: 'm' },
  ],
}
