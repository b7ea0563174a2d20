// What a broken connection means, by stage and code; the same codes come from real sockets in observe-sockets.test.ts.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CONNECT_TIMEOUT, observe, PROHIBITED_ADDRESS, type Stage } from '../../../src/faults/observe.ts'
import { FAULTS, isFaultCode, type FaultCode } from '../../../src/faults/table.ts'

const STAGES: readonly Stage[] = ['connecting', 'waiting', 'answering']

function stages(code: string): FaultCode[] {
  return STAGES.map((stage) => observe(stage, Object.assign(new Error('x'), { code })))
}

const LOST = ['connection_terminated', 'http_response_incomplete']

describe('observe', () => {
  it.each([
    [CONNECT_TIMEOUT, 'connection_timeout'],
    ['UND_ERR_CONNECT_TIMEOUT', 'connection_timeout'],
    ['ETIMEDOUT', 'connection_timeout'],
    [PROHIBITED_ADDRESS, 'destination_ip_prohibited'],
    ['ENOTFOUND', 'dns_error'],
    ['EAI_AGAIN', 'dns_error'],
    ['ENETUNREACH', 'destination_ip_unroutable'],
    ['EHOSTUNREACH', 'destination_ip_unroutable'],
    ['ECONNREFUSED', 'connection_refused'],
    ['ECONNRESET', 'destination_unavailable'],
    ['EPIPE', 'destination_unavailable'],
    ['UND_ERR_SOCKET', 'destination_unavailable'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'tls_protocol_error'],
    ['EPROTO', 'tls_protocol_error'],
  ])('reads %s while connecting as %s (T20)', (code, fault) => {
    expect(stages(code)).toEqual([fault, ...LOST])
  })

  it.each([
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'CERT_HAS_EXPIRED',
    'CERT_NOT_YET_VALID',
    'UNABLE_TO_GET_ISSUER_CERT',
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'CERT_SIGNATURE_FAILURE',
    'CERT_CHAIN_TOO_LONG',
    'CERT_REVOKED',
    'CERT_UNTRUSTED',
    'CERT_REJECTED',
    'INVALID_CA',
    'INVALID_PURPOSE',
    'PATH_LENGTH_EXCEEDED',
    'HOSTNAME_MISMATCH',
    'UNSPECIFIED',
    'UNABLE_TO_GET_CRL',
    'CRL_HAS_EXPIRED',
    'CRL_NOT_YET_VALID',
    'CRL_SIGNATURE_FAILURE',
    'UNABLE_TO_DECRYPT_CERT_SIGNATURE',
    'UNABLE_TO_DECRYPT_CRL_SIGNATURE',
    'UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY',
    'ERROR_IN_CERT_NOT_BEFORE_FIELD',
    'ERROR_IN_CERT_NOT_AFTER_FIELD',
    'ERROR_IN_CRL_LAST_UPDATE_FIELD',
    'ERROR_IN_CRL_NEXT_UPDATE_FIELD',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'ERR_TLS_CERT_ALTNAME_FORMAT',
  ])('reads %s as a certificate that is not acceptable', (code) => {
    expect(stages(code)[0]).toBe('tls_certificate_error')
  })

  it('tells a deadline by its stage: 4003 before the request was sent, 4002 after (T20)', () => {
    for (const code of ['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']) {
      expect(stages(code)).toEqual(['connection_timeout', 'http_response_timeout', 'http_response_timeout'])
    }
    const ofSignal = new DOMException('x', 'TimeoutError')
    expect(STAGES.map((stage) => observe(stage, ofSignal))).toEqual(stages('UND_ERR_HEADERS_TIMEOUT'))
  })

  it('reads what is not HTTP, with a code or without', () => {
    const parserError = Object.assign(new Error('x'), { name: 'HTTPParserError', code: undefined })
    expect(observe('waiting', parserError)).toBe('http_protocol_error')
    expect(observe('answering', parserError)).toBe('http_protocol_error')
    expect(stages('HPE_INVALID_CONSTANT')[1]).toBe('http_protocol_error')
    expect(stages('UND_ERR_HEADERS_OVERFLOW')[1]).toBe('http_protocol_error')
    expect(stages('UND_ERR_RES_CONTENT_LENGTH_MISMATCH')[1]).toBe('http_protocol_error')
    expect(stages('HPE_INVALID_EOF_STATE').slice(1)).toEqual(LOST)
    expect(stages('UND_ERR_RES_EXCEEDED_MAX_SIZE')[2]).toBe('http_response_body_size')
  })

  it('takes a refusal of TLS 1.3 while waiting for a failed handshake', () => {
    expect(stages('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED')[1]).toBe('tls_protocol_error')
    expect(stages('ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC')[1]).toBe('connection_terminated')
  })

  it.each([
    'EMFILE',
    'ENFILE',
    'EADDRNOTAVAIL',
    'ENOBUFS',
    'ENOMEM',
    'OUT_OF_MEM',
    'UND_ERR_DESTROYED',
    'UND_ERR_CLOSED',
    'UND_ERR_INVALID_ARG',
    'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH',
    'UND_ERR_NOT_SUPPORTED',
    'ERR_INVALID_ARG_TYPE',
    'ERR_ASSERTION',
    'SOMETHING_NEW',
    '__proto__',
    'constructor',
    '',
  ])('never blames the responder for %s', (code) => {
    for (const fault of stages(code)) expect(FAULTS[fault].at).toBe('hub')
  })

  it('says that nothing was sent when the hub had no socket, and keeps that open once it was sent', () => {
    expect(stages('EMFILE')).toEqual(['hub_overloaded', 'hub_failure', 'hub_failure'])
    expect(stages('UND_ERR_CLOSED')).toEqual(['hub_draining', 'hub_failure', 'hub_failure'])
  })

  it('never says "not reached" of a request that was sent, but for a refused handshake', () => {
    for (const code of [
      'ECONNREFUSED',
      'ENOTFOUND',
      'EMFILE',
      'UND_ERR_CONNECT_TIMEOUT',
      'CERT_HAS_EXPIRED',
    ]) {
      for (const fault of stages(code).slice(1)) expect(FAULTS[fault].reached).not.toBe('no')
    }
  })

  it('reads a code only where it is a string', () => {
    for (const code of [23, ['ECONNREFUSED'], { toString: () => 'ECONNREFUSED' }, Symbol('x'), null, 1n]) {
      expect(observe('connecting', { code })).toBe('hub_failure')
    }
    expect(observe('connecting', new Error('connect ECONNREFUSED 10.0.0.1:80'))).toBe('hub_failure')
  })

  it('looks into causes, and ends in a circle of them', () => {
    const inner = Object.assign(new Error('x'), { code: 'ECONNREFUSED' })
    expect(observe('connecting', new TypeError('fetch failed', { cause: inner }))).toBe('connection_refused')
    expect(observe('connecting', Object.assign(new Error('x', { cause: inner }), { code: 'X' }))).toBe(
      'connection_refused',
    )
    const circle: { cause?: unknown } = {}
    circle.cause = circle
    expect(observe('waiting', circle)).toBe('hub_failure')
    const wide: { errors: unknown[]; cause?: unknown } = { errors: [] }
    wide.errors.push(wide)
    expect(observe('waiting', wide)).toBe('hub_failure')
  })

  it('takes of several addresses the first row of the table, and "no route" only if it is true of all', () => {
    const failed = (...codes: string[]) =>
      Object.assign(new AggregateError(codes.map((code) => Object.assign(new Error('x'), { code }))), {
        code: codes[0],
      })
    expect(observe('connecting', failed('ETIMEDOUT', 'ECONNREFUSED'))).toBe('connection_refused')
    expect(observe('connecting', failed('ENETUNREACH', 'ETIMEDOUT'))).toBe('connection_timeout')
    expect(observe('connecting', failed('ENETUNREACH', 'EHOSTUNREACH'))).toBe('destination_ip_unroutable')
    expect(observe('connecting', failed('ECONNREFUSED', 'EMFILE'))).toBe('hub_overloaded')
    expect(observe('connecting', failed('NEW', 'NEWER'))).toBe('hub_failure')
  })

  it('gives a row of the table for anything at all', () => {
    const anything = fc.oneof(
      fc.anything({ withNullPrototype: true }),
      fc.record({ code: fc.string(), cause: fc.anything() }),
    )
    fc.assert(
      fc.property(fc.constantFrom(...STAGES), anything, (stage, cause) => isFaultCode(observe(stage, cause))),
    )
  })
})
