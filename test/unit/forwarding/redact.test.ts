// What of a body may be kept for a while.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { keepBody, keepText, REDACTED } from '../../../src/forwarding/redact.ts'
import { cpuMsOf } from '../../support/in-time.ts'

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

  it('is struck out under the names of services that do not speak OCPI, and in lists', () => {
    expect(
      kept({
        contractId: 'NL-TNM-1',
        'Licence-Plate': 'kept: no name of OCPI',
        licensePlate: 'B-XY 1',
        clientSecret: 'secret',
        access_token: 'secret',
        password: 'secret',
        Token: { UID: '04A1', authId: ['DE8AC', { id: 1 }] },
        email: ['a@example.com'],
      }),
    ).toEqual({
      contractId: REDACTED,
      'Licence-Plate': 'kept: no name of OCPI',
      licensePlate: REDACTED,
      clientSecret: REDACTED,
      access_token: REDACTED,
      password: REDACTED,
      Token: { UID: REDACTED, authId: [REDACTED, { id: 1 }] },
      email: [REDACTED],
    })
    const text = keepText(Buffer.from('<p>contractId=NL-1 sessionId: s1 visualNumber="DF 1"</p>'))
    expect(text).toHaveProperty(
      'text',
      `<p>contractId=${REDACTED} sessionId: ${REDACTED} visualNumber=${REDACTED}"</p>`,
    )
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

  it('never holds the secret it was given, in a name or a value, however JSON writes it', () => {
    for (const secret of ['canary-of-the-test', 'canary"with\\both']) {
      const body = keepBody(JSON.stringify({ [secret]: 1, list: [`Token ${secret}!`] }), [secret])
      expect(body).toHaveProperty('text')
      const { text } = body as { text: string }
      expect(JSON.parse(text)).toEqual({ [REDACTED]: 1, list: [`Token ${REDACTED}!`] })
    }
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

describe('an answer that is no JSON', () => {
  const text = (given: string, secrets: readonly string[] = []) => {
    const kept = keepText(Buffer.from(given), secrets)
    return 'text' in kept ? kept.text : kept.omitted
  }

  it('is kept as it reads, cut', () => {
    const page = '<html><title>502 Bad Gateway</title>\r\n<hr>nginx/1.24.0 at NullPointerException</html>'
    expect(keepText(Buffer.from(page))).toEqual({ bytes: page.length, text: page, plain: true })
    expect(keepText(Buffer.from('word '.repeat(10_000)))).toMatchObject({ truncated: true, plain: true })
  })

  it.each([
    ['the token that was shown', 'Unknown token abc.', 'Unknown token [redacted].'],
    ['what has the name of a secret', 'password=hunter2&x=1', 'password=[redacted]&x=1'],
    ['a header', 'Authorization: Token Zm9vYmFy end', 'Authorization: [redacted] end'],
    [
      'JSON that was cut off',
      '{"contract_id": "NL TNM 1", "uid":"0',
      '{"contract_id": [redacted]", "uid":[redacted]',
    ],
    ['the query of a URL', 'at https://a.example/x?key=1 now', 'at https://a.example/x?[redacted] now'],
    ['an e-mail address', 'ask jo.doe+x@example.com!', 'ask [redacted]!'],
    ['a telephone number', 'call +31 20 123 45 67.', 'call [redacted].'],
    ['a key or an id', 'id 6f9619ff8b86d011b42d00cf4fc964ff!', 'id [redacted]!'],
  ])('loses %s', (_what, given, left) => {
    expect(text(given, ['abc'])).toBe(left)
  })

  it.each([
    ['no text', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 1])],
    ['not UTF-8', Buffer.from('caf\xe9', 'latin1')],
    ['empty', Buffer.alloc(0)],
  ])('is not kept if it is %s', (_what, body) => {
    expect(keepText(body)).toEqual({ bytes: body.length, omitted: 'not_json' })
  })

  it('never holds the secret it was given, wherever it is cut', () => {
    const secret = 'hub.shows.acme'
    for (let before = 16_360; before < 16_400; before++) {
      expect(text('x '.repeat(before / 2) + secret + ' tail'.repeat(100), [secret])).not.toContain('hub.')
    }
  })

  it('is read in a moment, however hostile it is', () => {
    const tookMs = cpuMsOf(() => {
      for (const part of ['a', '?', 'a@', '://', 'token=', '1 ', '+1', 'a-', '"', ' ', 'token: ']) {
        text(part.repeat(20_000))
      }
    })
    expect(tookMs).toBeLessThan(2_000)
  })
})
