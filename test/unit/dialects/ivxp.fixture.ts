// IVXP/1.0's codes as its specification lists them.

import type { DialectFixture, FixtureRow } from './fixture.ts'

function rows(category: string, list: string): FixtureRow[] {
  return list
    .trim()
    .split('\n')
    .map((line) => {
      const [code, http, becomes, recovery, ...advice] = line.trim().split(' ')
      return {
        code: code!,
        http: Number(http),
        becomes: becomes!,
        recovery: recovery!,
        category,
        ...(advice.length > 0 && { advice: advice.join(' ') }),
      }
    })
}

export const fixture: DialectFixture = {
  name: 'ivxp',
  hasDetails: true,
  spell: ({ code, message, details }) => ({ error: code, message, details }),
  rows: [
    ...rows(
      'client',
      `SIGNATURE_INVALID 401 2001 correct
      ORDER_NOT_FOUND 404 2000/404 correct
      ORDER_EXPIRED 410 2000 correct create a new service request
      SERVICE_TYPE_NOT_SUPPORTED 400 2001 correct
      BUDGET_TOO_LOW 400 2001 correct
      PROTOCOL_VERSION_UNSUPPORTED 400 3002 ask_hub
      INVALID_TIMESTAMP 400 2001 correct
      DUPLICATE_DELIVERY_REQUEST 409 2000 check
      INVALID_ORDER_STATE 409 2000 check`,
    ),
    ...rows(
      'payment',
      `PAYMENT_NOT_VERIFIED 402 2000 correct
      INSUFFICIENT_BALANCE 402 2000 correct
      PAYMENT_TIMEOUT 408 2000 correct
      INVALID_NETWORK 400 2001 correct use base-mainnet or base-sepolia
      INVALID_TOKEN_CONTRACT 400 2001 correct
      AMOUNT_MISMATCH 402 2000 correct`,
    ),
    ...rows('server', 'SERVICE_UNAVAILABLE 503 3000 wait\nINTERNAL_ERROR 500 3000 check'),
  ],
  strangers: [{ code: 'BRAND_NEW', message: 'm' }, { code: 'X' }, { code: 'INVALID_PROOF', message: 'm' }],
  foreign: [
    { error: { code: 'INVALID_PROOF', message: 'm' } },
    { error: 'invalid_request', code: 'validation_error', message: 'm' },
    { error: '__proto__', message: 'm' },
    { error: 'order_not_found', message: 'm' },
  ],
}
