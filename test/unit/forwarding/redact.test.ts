// What of a body may be kept for a while.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { keepBody, REDACTED } from '../../../src/forwarding/redact.ts'

function kept(value: unknown): unknown {
  const body = keepBody(Buffer.from(JSON.stringify(value)))
  return 'text' in body ? JSON.parse(body.text) : body
}

describe('a captured body', () => {
  it('keeps its form; secrets and what leads to a driver are struck out, in any depth and spelling', () => {
    expect(
      kept({
        token: 'secret',
        Response_URL: 'https://ems.example/callback/secret',
        location_id: 'LOC1',
        data: [{ cdr_token: { uid: '012345', type: 'RFID', contract_id: 'NL-TNM-1' } }],
        authorization_reference: 'ref',
        evses: [{ uid: 'EVSE-1', evse_id: 'DE*CPO*E1' }],
      }),
    ).toEqual({
      token: REDACTED,
      Response_URL: REDACTED,
      location_id: 'LOC1',
      data: [{ cdr_token: { uid: REDACTED, type: 'RFID', contract_id: REDACTED } }],
      authorization_reference: REDACTED,
      evses: [{ uid: 'EVSE-1', evse_id: 'DE*CPO*E1' }],
    })
  })

  it('goes into a token object, which is no secret by itself (START_SESSION)', () => {
    const command = {
      response_url: 'x',
      token: { uid: '04A1', auth_id: 'DE8AC', country_code: 'DE', valid: true },
    }
    expect(kept(command)).toEqual({
      response_url: REDACTED,
      token: { uid: REDACTED, auth_id: REDACTED, country_code: 'DE', valid: true },
    })
  })

  it.each<[string, Buffer, string]>([
    ['what is no JSON', Buffer.from('<html>token=secret</html>'), 'not_json'],
    ['a part of one', Buffer.from('{"token":"secret"'), 'not_json'],
    ['nothing', Buffer.alloc(0), 'not_json'],
    ['more than it reads', Buffer.alloc(2 * 1024 * 1024, 0x20), 'too_large'],
  ])('is not kept if it is %s', (_what, body, omitted) => {
    expect(keepBody(body)).toEqual({ bytes: body.length, omitted })
  })

  it('is cut after it was struck out', () => {
    const body = keepBody(JSON.stringify({ token: 'secret', long: 'x'.repeat(100_000) }))
    expect(body).toMatchObject({ truncated: true, text: expect.not.stringContaining('secret') })
    expect((body as { text: string }).text.length).toBeLessThan(20_000)
  })

  it('never holds a secret, whatever it is in', () => {
    const secret = 'canary-of-the-test'
    const withSecret = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.jsonValue(),
        fc.record({ response_url: fc.constant(secret), other: tie('value') }),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.record({ TOKEN: fc.constant(secret), nested: tie('value') }),
      ),
    })).value
    fc.assert(fc.property(withSecret, (value) => !JSON.stringify(kept(value)).includes(secret)))
  })
})
