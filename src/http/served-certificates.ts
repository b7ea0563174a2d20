// When the certificates that the listeners show begin and end, read whenever their files are served anew. Dates refuse
// nothing, since clients judge them by their own clocks: they are told in the log and in the metrics.

import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Log } from '../journal/log.ts'
import { endsText, instantText } from '../journal/text.ts'
import type { TlsFiles } from './tls.ts'

/** Of one certificate, in milliseconds since the epoch. */
export interface CertificateDates {
  readonly from: number
  readonly to: number
}

export interface ServedCertificates {
  /** Reads the files, which are served from now on, and warns of dates that clients refuse or soon will. */
  read(): void
  /** Listeners with TLS, and when the first certificate of what they show ends. */
  ends(): readonly (readonly [listener: string, end: number])[]
}

const DAY_MS = 86_400_000
/** As in the rule OcpiHubCertificateEnds of config/prometheus/alerts.yml. */
const SOON_DAYS = 14
// As OpenSSL finds them: at the start of a line, a mark of the byte order before the first.
const CERTIFICATE =
  /^(?:\xef\xbb\xbf)?(-----BEGIN ((?:X509 |TRUSTED )?CERTIFICATE)-----[^]*?^-----END \2-----)/gm

/** The certificates of `listen`, none of them read yet. */
export function createServedCertificates(
  listen: Readonly<Record<string, { readonly tls?: TlsFiles }>>,
  log: Pick<Log, 'warn'>,
): ServedCertificates {
  const ends = new Map<string, number>()

  function readOne(listener: string, file: string): void {
    const dates = readDates(readFileSync(file))
    if (dates.length > 0) ends.set(listener, Math.min(...dates.map(({ to }) => to)))
    else ends.delete(listener)
    const warning = datesWarning(dates, Date.now())
    if (warning !== undefined) log.warn({ listener, file }, `listen.${listener}.tls.cert: ${warning}`)
  }

  return {
    read() {
      for (const [listener, { tls }] of Object.entries(listen)) if (tls) readOne(listener, tls.cert)
    },
    ends: () => [...ends],
  }
}

/**
 * The dates of the certificates in a PEM file, which has the listener's own first and its chain after it. Never throws:
 * whether a file can be served is judged elsewhere.
 */
export function readDates(pem: Buffer): CertificateDates[] {
  return [...pem.toString('latin1').matchAll(CERTIFICATE)].flatMap(([, text]) => datesOf(text!) ?? [])
}

function datesOf(pem: string): CertificateDates | undefined {
  try {
    const { validFrom, validTo } = new X509Certificate(pem)
    const dates = { from: Date.parse(validFrom), to: Date.parse(validTo) }
    return Number.isNaN(dates.from + dates.to) ? undefined : dates
  } catch {
    return undefined
  }
}

/** What is to be told of certificates that are served together at the instant `now`: the worst, in words. */
export function datesWarning(dates: readonly CertificateDates[], now: number): string | undefined {
  const first = dates.toSorted((one, other) => one.to - other.to)[0]
  const last = dates.toSorted((one, other) => other.from - one.from)[0]
  if (!first || !last) return undefined
  const name = (one: CertificateDates) =>
    dates.indexOf(one) === 0 ? 'the certificate' : `certificate ${dates.indexOf(one) + 1} of the file`
  if (first.to < now) return `${name(first)} expired on ${instantText(first.to)}; clients refuse it`
  if (last.from > now)
    return `${name(last)} is not valid before ${instantText(last.from)}; clients refuse it until then`
  return first.to - now < SOON_DAYS * DAY_MS ? `${name(first)} ${endsText(first.to, now)}` : undefined
}
