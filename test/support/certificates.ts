// Certificates made at test time: none of them is one the hub may accept.

import { generate } from 'selfsigned'

export interface Certificate {
  readonly cert: string
  readonly key: string
}

const DAY_MS = 86_400_000

/**
 * A certificate signed by itself for `host`, valid from `fromDays` to `toDays` from now. Of several with one `name`
 * OpenSSL trusts the first.
 */
export async function selfSigned(
  host = '127.0.0.1',
  { fromDays = -1, toDays = 30, name = host }: { fromDays?: number; toDays?: number; name?: string } = {},
): Promise<Certificate> {
  const address = /^[\d.]+$/.test(host)
    ? ({ type: 7, ip: host } as const)
    : ({ type: 2, value: host } as const)
  const made = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: new Date(Date.now() + fromDays * DAY_MS),
    notAfterDate: new Date(Date.now() + toDays * DAY_MS),
    extensions: [{ name: 'subjectAltName', altNames: [address] }],
  })
  return { cert: made.cert, key: made.private }
}
