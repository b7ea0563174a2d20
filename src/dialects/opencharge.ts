// Opencharge's errors: `{ "error": { "code", "message", "details" } }`, one row per code. Its 401s refuse the hub's
// own signature; its 403 declines the connection without a reason owed, which is no failed authentication.

import { dialectRow as row, type Dialect } from './row.ts'

// biome-ignore format: a table is read in columns
export const OPENCHARGE: Dialect = {
  title: 'Opencharge',
  shape: { code: ['error', 'code'], message: ['error', 'message'], details: ['error', 'details'] },
  codeForm: /^[\x21-\x7e]{1,64}$/,
  rows: [
    row(['INVALID_SIGNATURE', 401, 'signature verification failed', 'token_rejected', 'hub', 'ask_hub', 'sign with the key that the metadata publishes'], { likelyCause: 'the hub signs with another key than its metadata publishes' }),
    row(['TIMESTAMP_EXPIRED', 401, 'timestamp outside of ±5 minutes', 'token_rejected', 'hub', 'ask_hub', 'set the clock and sign again'], { likelyCause: 'the clock of the hub is wrong' }),
    row(['NONCE_REUSED', 401, 'nonce already seen, a replay', 'token_rejected', 'hub', 'ask_hub', 'sign with a fresh nonce'], { likelyCause: 'something between hub and service sends requests twice, or two hubs use the same nonces' }),
    row(['UNKNOWN_OCID', 401, 'the OCID of the sender is not in the registry', 'token_rejected', 'hub', 'ask_hub', 'register the OCID'], { likelyCause: 'the OCID of the hub is not, or no longer, in the registry of the service' }),
    row(['METADATA_UNAVAILABLE', 502, 'could not fetch the metadata of the sender', 3001, 'responder', 'wait', 'make the metadata reachable and repeat later']),
    row(['INVALID_PROOF', 400, 'the structure of the proof is malformed', 2001, 'requester', 'correct', 'send a well-formed proof']),
    row(['PROOF_SIGNATURE_INVALID', 400, 'the signature of the proof failed', 2001, 'requester', 'correct', 'get a proof with a valid signature']),
    row(['ISSUER_NOT_ACCEPTED', 400, 'the issuer is not in settlement.accepts', 2001, 'requester', 'correct', 'use an issuer of details.acceptedIssuers']),
    row(['AMOUNT_MISMATCH', 400, 'the amount of the proof differs', 2001, 'requester', 'correct', 'send a proof of the exact amount']),
    row(['CURRENCY_MISMATCH', 400, 'the currency of the proof differs', 2001, 'requester', 'correct', 'send a proof in the currency asked for']),
    row(['TXID_NOT_FOUND', 404, 'the referenced transaction does not exist', 2000, 'requester', 'correct', 'check the transaction id'], { requesterHttp: 404 }),
    row(['TRANSACTION_EXPIRED', 410, 'the settlement window is closed', 2000, 'requester', 'correct', 'begin a new transaction']),
    row(['INSUFFICIENT_FUNDS', 402, 'the balance of the sender is too low', 2000, 'requester', 'correct', 'add funds, then repeat']),
    row(['CAPABILITY_NOT_SUPPORTED', 400, 'the operation is not supported', 3003, 'responder', 'ask_responder', 'use an operation of the published capabilities']),
    row(['RATE_LIMITED', 429, 'too many requests', 'responder_busy', 'responder', 'wait', 'slow down and repeat after Retry-After']),
    row(['CONNECTION_REFUSED', 403, 'the service declines the connection, no reason owed', 'connection_declined', 'responder', 'ask_responder', 'do not repeat; ask the service to admit you'], { bodyOptional: true }),
  ],
}
