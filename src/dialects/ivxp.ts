// IVXP/1.0's errors: `{ "error": "SCREAMING_SNAKE_CODE", "message", "details"? }`, one row per code. They speak of
// orders, not of the connection: its 408 is no gateway's, its 401 is the signature in the order, not the hub's token.

import { dialectRow, type Dialect, type DialectRow } from './row.ts'

function row(
  category: DialectRow['category'],
  ...[columns, more]: Parameters<typeof dialectRow>
): DialectRow {
  return dialectRow(columns, category ? { ...more, category } : more)
}

// biome-ignore format: a table is read in columns
export const IVXP: Dialect = {
  title: 'IVXP/1.0',
  shape: { code: ['error'], message: ['message'], details: ['details'] },
  codeForm: /^[A-Z][A-Z0-9_]{0,63}$/,
  rows: [
    row('client', ['SIGNATURE_INVALID', 401, 'the EIP-191 signature in the order is not valid', 2001, 'requester', 'correct', 'sign the order again with the paying wallet']),
    row('client', ['ORDER_NOT_FOUND', 404, 'there is no such order', 2000, 'requester', 'correct', 'check the order id'], { requesterHttp: 404 }),
    row('client', ['ORDER_EXPIRED', 410, 'the order has expired', 2000, 'requester', 'correct', 'create a new service request']),
    row('client', ['SERVICE_TYPE_NOT_SUPPORTED', 400, 'the type of service is not offered', 2001, 'requester', 'correct', 'choose one of details.available_types']),
    row('client', ['BUDGET_TOO_LOW', 400, 'the budget is below the price', 2001, 'requester', 'correct', 'raise the budget']),
    row('client', ['PROTOCOL_VERSION_UNSUPPORTED', 400, 'the protocol version is not supported', 3002, 'hub', 'ask_hub', 'use a supported protocol version']),
    row('client', ['INVALID_TIMESTAMP', 400, 'the timestamp is malformed or too far off', 2001, 'requester', 'correct', 'send the current time in UTC']),
    row('client', ['DUPLICATE_DELIVERY_REQUEST', 409, 'delivery of this order was requested before', 2000, 'requester', 'check', 'read the state of the order']),
    row('client', ['INVALID_ORDER_STATE', 409, 'the order is not in a state for this', 2000, 'requester', 'check', 'read the state of the order']),
    row('payment', ['PAYMENT_NOT_VERIFIED', 402, 'the payment could not be verified', 2000, 'requester', 'correct', 'check the transaction hash, wait for its confirmation']),
    row('payment', ['INSUFFICIENT_BALANCE', 402, 'the wallet\'s balance is too low', 2000, 'requester', 'correct', 'add the funds in details.required_usdc']),
    row('payment', ['PAYMENT_TIMEOUT', 408, 'the payment was not made in time', 2000, 'requester', 'correct', 'pay again within the time allowed']),
    row('payment', ['INVALID_NETWORK', 400, 'the payment network is not supported', 2001, 'requester', 'correct', 'use base-mainnet or base-sepolia']),
    row('payment', ['INVALID_TOKEN_CONTRACT', 400, 'the token contract is not the USDC of the network', 2001, 'requester', 'correct', 'use the USDC contract of the network']),
    row('payment', ['AMOUNT_MISMATCH', 402, 'the amount paid differs from the price', 2000, 'requester', 'correct', 'pay the exact amount']),
    row('server', ['SERVICE_UNAVAILABLE', 503, 'the service is unavailable for now', 3000, 'responder', 'wait', 'repeat after details.retry_after_seconds'], { retryAfterIn: 'retry_after_seconds' }),
    row('server', ['INTERNAL_ERROR', 500, 'the service failed', 3000, 'responder', 'check', 'read the state of the order, then repeat']),
  ],
}
