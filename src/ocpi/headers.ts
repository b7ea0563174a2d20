// Names of the headers OCPI gives meaning to (R41, R65, R69), in the spelling of the specification; and headers as they
// come, flat: name, value, name …

export const TO_COUNTRY = 'OCPI-to-country-code'
export const TO_PARTY = 'OCPI-to-party-id'
export const FROM_COUNTRY = 'OCPI-from-country-code'
export const FROM_PARTY = 'OCPI-from-party-id'
export const REQUEST_ID = 'X-Request-ID'
export const CORRELATION_ID = 'X-Correlation-ID'
export const TOTAL_COUNT = 'X-Total-Count'
export const PAGE_LIMIT = 'X-Limit'

// Ids are opaque (R67), but they are logged and sent on: printable ASCII, bounded.
const OPAQUE_ID = /^[\x21-\x7e]{1,128}$/

/** Whether a received X-Request-ID or X-Correlation-ID may be repeated as it is. */
export function isOpaqueId(value: string | undefined): value is string {
  return value !== undefined && OPAQUE_ID.test(value)
}

/** Flat headers by lower-case name; of several equal ones the first. */
export function toRecord(headers: readonly string[]): Record<string, string> {
  const record = Object.create(null) as Record<string, string>
  for (let index = 0; index < headers.length; index += 2) {
    record[headers[index]!.toLowerCase()] ??= headers[index + 1]!
  }
  return record
}
