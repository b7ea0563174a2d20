// The Proof service's errors: `{ "error": "<slug>", "code": "<code>", "message" }`, one row per code. Slug and code
// identify an error together, whatever their case; X-Request-Id is the service's own name of the exchange.

import { dialectRow, type Dialect, type DialectRow } from './row.ts'

const FIX = 'fix the request'
const RETRY = 'retry once'
const RETRY_SAME = 'retry with the same body'
const BACK_OFF = 'retry, back off'

function row(slug: string, ...[columns, more]: Parameters<typeof dialectRow>): DialectRow {
  return dialectRow(columns, { ...more, slug })
}

// The service says "retry" of its 5xx; OCPI requesters GET before they repeat (R92), hence `check`.
// biome-ignore format: a table is read in columns
export const PROOF: Dialect = {
  title: 'Proof',
  shape: { code: ['code'], slug: ['error'], message: ['message'] },
  codeForm: /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/,
  caseFolded: true,
  requestIdHeader: 'x-request-id',
  rows: [
    row('invalid_request', ['validation_error', 400, 'a value of the request is not valid', 2001, 'requester', 'correct', FIX]),
    row('invalid_request', ['decode_error', 400, 'the request body cannot be decoded', 2001, 'requester', 'correct', FIX]),
    row('invalid_request', ['missing_param', 400, 'a parameter is missing', 2001, 'requester', 'correct', FIX]),
    row('invalid_request', ['currency_not_allowed', 400, 'the currency is not allowed', 2001, 'requester', 'correct', FIX]),
    row('wallet_not_supported', ['WALLET_NOT_SUPPORTED', 400, 'the service does not support this wallet', 2000, 'responder', 'ask_responder', 'ask which wallets are supported']),
    row('unauthorised', ['missing_token', 401, 'the token of the hub is missing', 'token_rejected', 'hub', 'ask_hub', 'send the service token'], { likelyCause: 'a proxy between hub and service takes the Authorization header away, or the token has another form than the service reads' }),
    row('unauthorised', ['invalid_token', 401, 'the token of the hub is not valid', 'token_rejected', 'hub', 'ask_hub', 'renew the service token'], { likelyCause: 'the token of the hub has expired or was withdrawn' }),
    row('forbidden', ['forbidden_origin', 403, 'the caller\'s address is not allowed', 'token_rejected', 'hub', 'ask_hub', 'have the caller\'s address allowed'], { likelyCause: 'the address of the hub is not on the allow-list of the service' }),
    row('not_found', ['not_found', 404, 'there is no such object', 2000, 'requester', 'correct', 'check the id'], { requesterHttp: 404 }),
    row('internal_error', ['db_error', 500, 'the service\'s database failed', 3000, 'responder', 'check', RETRY]),
    row('internal_error', ['token_error', 500, 'the service could not make a token', 3000, 'responder', 'check', RETRY]),
    row('publish_failed', ['kafka_unavailable', 500, 'the service could not publish the event', 3000, 'responder', 'check', 'retry']),
    row('upstream_error', ['provider_error', 502, 'the provider behind the service reported an error', 3000, 'responder', 'check', RETRY_SAME]),
    row('upstream_unavailable', ['upstream_unavailable', 502, 'the provider behind the service cannot be reached', 3000, 'responder', 'check', BACK_OFF]),
    row('upstream_unavailable', ['upstream_invalid_response', 502, 'the provider behind the service answered nonsense', 3000, 'responder', 'check', BACK_OFF]),
  ],
}
