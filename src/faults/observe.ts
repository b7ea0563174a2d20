// (stage, cause) -> fault code: the only reader of the error codes of Node, OpenSSL and undici. It maps by code
// strings, never by an error's text. What the hub's own machine lacks never blames the responder.

import { FAULT_CODES, type FaultCode } from './table.ts'

/** connecting = no connection had the request yet; waiting = it was sent, no head came; answering = the head came. */
export type Stage = 'connecting' | 'waiting' | 'answering'

/** Code of an error the sender raises itself when the connection is not there in time. */
export const CONNECT_TIMEOUT = 'OCPI_HUB_CONNECT_TIMEOUT'
/** Code of an error the sender raises itself when the host name is not resolved in time: that of c-ares. */
export const UNRESOLVED = 'ETIMEOUT'
/** Code of an error the sender raises itself when the address is one the hub must not call. */
export const PROHIBITED_ADDRESS = 'OCPI_HUB_PROHIBITED_ADDRESS'

/**
 * Names the fault behind what was thrown while a request was under way. Reads `code` where it is a string, the
 * names HTTPParserError and TimeoutError where there is none, then `cause` and the errors of an AggregateError.
 * Whatever it does not know is a bug of the hub: `hub_failure`. Never throws.
 */
export function observe(stage: Stage, cause: unknown): FaultCode {
  return read(stage, cause, 0) ?? 'hub_failure'
}

// Longer chains than this are made by accident or in a circle.
const DEPTH_MAX = 8

function read(stage: Stage, cause: unknown, depth: number): FaultCode | undefined {
  if (typeof cause !== 'object' || cause === null || depth > DEPTH_MAX) return undefined
  const { code, name, errors, cause: inner } = cause as Record<'code' | 'name' | 'errors' | 'cause', unknown>
  // Several addresses were tried (RFC 8305): the attempts say more than the code copied from one of them.
  if (Array.isArray(errors)) {
    const faults = errors.flatMap((error: unknown) => read(stage, error, depth + 1) ?? [])
    const fault = foremost(faults)
    if (fault) return fault
  }
  const fault = typeof code === 'string' ? byCode(stage, code) : byName(stage, name)
  return fault ?? read(stage, inner, depth + 1)
}

/** Of several attempts the first row of the table; "no route" only when it is true of every address. */
function foremost(faults: readonly FaultCode[]): FaultCode | undefined {
  const routed = faults.filter((fault) => fault !== 'destination_ip_unroutable')
  const candidates = new Set(routed.length > 0 ? routed : faults)
  return FAULT_CODES.find((code) => candidates.has(code))
}

type ByStage = readonly [connecting: FaultCode, waiting: FaultCode, answering: FaultCode]

const STAGES: Readonly<Record<Stage, 0 | 1 | 2>> = { connecting: 0, waiting: 1, answering: 2 }

/** A failure of connecting; should it show later, the connection is what is lost. */
function connecting(fault: FaultCode): ByStage {
  return [fault, 'connection_terminated', 'http_response_incomplete']
}

/** A lack on the hub's side; once the request is out nobody knows whether it arrived. */
function local(fault: FaultCode): ByStage {
  return [fault, 'hub_failure', 'hub_failure']
}

const LOST = connecting('destination_unavailable')
const OVERDUE: ByStage = ['connection_timeout', 'http_response_timeout', 'http_response_timeout']
const NOT_HTTP: ByStage = ['http_protocol_error', 'http_protocol_error', 'http_protocol_error']
const TOO_LARGE: ByStage = ['http_response_body_size', 'http_response_body_size', 'http_response_body_size']
const BAD_CERTIFICATE = connecting('tls_certificate_error')
const BAD_TLS = connecting('tls_protocol_error')
// TLS 1.3 ends the client's handshake before the server has judged it: the refusal comes while waiting.
const TLS_REFUSAL: ByStage = ['tls_protocol_error', 'tls_protocol_error', 'http_response_incomplete']

// biome-ignore format: a table is read in columns
const GROUPS: readonly (readonly [ByStage, string])[] = [
  [connecting('connection_timeout'), `${CONNECT_TIMEOUT} UND_ERR_CONNECT_TIMEOUT ETIMEDOUT ERR_SOCKET_CONNECTION_TIMEOUT ERR_TLS_HANDSHAKE_TIMEOUT`],
  // EACCES and EPERM of connect(2) are a local packet filter or a broadcast address.
  [connecting('destination_ip_prohibited'), `${PROHIBITED_ADDRESS} EACCES EPERM`],
  [connecting('dns_error'), 'ENOTFOUND EAI_AGAIN EAI_FAIL EAI_NODATA EAI_NONAME EAI_ADDRFAMILY ENODATA ESERVFAIL EREFUSED EFORMERR ENOTIMP EBADNAME EBADRESP ETIMEOUT'],
  [connecting('destination_ip_unroutable'), 'EHOSTUNREACH ENETUNREACH EHOSTDOWN ENETDOWN EAFNOSUPPORT'],
  [connecting('connection_refused'), 'ECONNREFUSED'],
  [LOST, 'ECONNRESET ECONNABORTED EPIPE ENOTCONN ENETRESET ESHUTDOWN EINVAL EIO UND_ERR_SOCKET UND_ERR_INFO ERR_STREAM_PREMATURE_CLOSE ERR_STREAM_DESTROYED ERR_STREAM_WRITE_AFTER_END HPE_INVALID_EOF_STATE'],
  [OVERDUE, 'UND_ERR_HEADERS_TIMEOUT UND_ERR_BODY_TIMEOUT'],
  [NOT_HTTP, 'UND_ERR_HEADERS_OVERFLOW UND_ERR_RES_CONTENT_LENGTH_MISMATCH'],
  [TOO_LARGE, 'UND_ERR_RES_EXCEEDED_MAX_SIZE'],
  // The names of OpenSSL's X509_V_ERR_* that Node gives; UNSPECIFIED stands for all the others.
  [BAD_CERTIFICATE, 'UNABLE_TO_GET_ISSUER_CERT UNABLE_TO_GET_CRL UNABLE_TO_DECRYPT_CERT_SIGNATURE UNABLE_TO_DECRYPT_CRL_SIGNATURE UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY CERT_SIGNATURE_FAILURE CRL_SIGNATURE_FAILURE CERT_NOT_YET_VALID CERT_HAS_EXPIRED CRL_NOT_YET_VALID CRL_HAS_EXPIRED ERROR_IN_CERT_NOT_BEFORE_FIELD ERROR_IN_CERT_NOT_AFTER_FIELD ERROR_IN_CRL_LAST_UPDATE_FIELD ERROR_IN_CRL_NEXT_UPDATE_FIELD DEPTH_ZERO_SELF_SIGNED_CERT SELF_SIGNED_CERT_IN_CHAIN UNABLE_TO_GET_ISSUER_CERT_LOCALLY UNABLE_TO_VERIFY_LEAF_SIGNATURE CERT_CHAIN_TOO_LONG CERT_REVOKED INVALID_CA PATH_LENGTH_EXCEEDED INVALID_PURPOSE CERT_UNTRUSTED CERT_REJECTED HOSTNAME_MISMATCH UNSPECIFIED ERR_TLS_CERT_ALTNAME_INVALID ERR_TLS_CERT_ALTNAME_FORMAT ERR_SSL_CERTIFICATE_VERIFY_FAILED'],
  [BAD_TLS, 'EPROTO ERR_TLS_DH_PARAM_SIZE ERR_TLS_RENEGOTIATION_DISABLED ERR_TLS_SESSION_ATTACK'],
  [TLS_REFUSAL, 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED ERR_SSL_TLSV13_ALERT_MISSING_EXTENSION ERR_SSL_TLSV1_ALERT_UNKNOWN_CA ERR_SSL_TLSV1_ALERT_ACCESS_DENIED ERR_SSL_TLSV1_ALERT_DECRYPT_ERROR ERR_SSL_TLSV1_UNRECOGNIZED_NAME ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN'],
  [local('hub_draining'), 'UND_ERR_DESTROYED UND_ERR_CLOSED'],
  [local('hub_overloaded'), 'EMFILE ENFILE EADDRNOTAVAIL EADDRINUSE ENOBUFS ENOMEM EAGAIN EAI_MEMORY OUT_OF_MEM UND_ERR_MAX_ORIGINS_REACHED'],
]

const BY_CODE: ReadonlyMap<string, ByStage> = new Map(
  GROUPS.flatMap(([faults, codes]) => codes.split(' ').map((code) => [code, faults] as const)),
)

function byCode(stage: Stage, code: string): FaultCode | undefined {
  return (BY_CODE.get(code) ?? byFamily(code))?.[STAGES[stage]]
}

/** Families too large to list: llhttp's HPE_*, the reasons of OpenSSL. */
function byFamily(code: string): ByStage | undefined {
  if (code.startsWith('HPE_')) return NOT_HTTP
  if (code.startsWith('ERR_SSL_') || code.startsWith('ERR_OSSL_')) return BAD_TLS
  return undefined
}

/** A parser error of undici may carry no code; p-timeout's error has none, that of an AbortSignal a number. */
function byName(stage: Stage, name: unknown): FaultCode | undefined {
  if (name === 'HTTPParserError') return NOT_HTTP[STAGES[stage]]
  return name === 'TimeoutError' ? OVERDUE[STAGES[stage]] : undefined
}
