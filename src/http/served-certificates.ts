// When the certificates that the listeners show, and those they judge clients by, begin and end; read whenever their
// files are served anew. Dates keep nothing from being served, since clients judge them by their own clocks: they are
// told in the log and in the metrics.

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
  /** Listeners with TLS, those with a `client_ca` a second time as `ocpi (client_ca)`, and when the first certificate of that file ends. */
  ends(): readonly (readonly [listener: string, end: number])[]
}

/** The files of a listener whose dates count, by their keys in the configuration; `refused`: what follows from them. */
export const DATED_FILES = {
  cert: { refused: 'clients refuse it' },
  client_ca: { refused: 'clients with a certificate of it are refused' },
} as const

export type DatedFile = keyof typeof DATED_FILES

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

  function readOne(listener: string, key: DatedFile, file: string): void {
    const dates = readDates(readFileSync(file))
    const subject = key === 'cert' ? listener : `${listener} (${key})`
    if (dates.length > 0) ends.set(subject, Math.min(...dates.map(({ to }) => to)))
    else ends.delete(subject)
    const warning = datesWarning(dates, Date.now(), key)
    if (warning !== undefined) log.warn({ listener, file }, `listen.${listener}.tls.${key}: ${warning}`)
  }

  return {
    read() {
      for (const [listener, { tls }] of Object.entries(listen)) {
        if (tls) readOne(listener, 'cert', tls.cert)
        if (tls?.clientCa !== undefined) readOne(listener, 'client_ca', tls.clientCa)
      }
    },
    ends: () => [...ends],
  }
}

/**
 * The dates of the certificates in a PEM file: the listener's own and its chain after it, or CAs. Never throws:
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

/** What is to be told of certificates of one file at the instant `now`: the worst, in words. */
export function datesWarning(
  dates: readonly CertificateDates[],
  now: number,
  file: DatedFile,
): string | undefined {
  const { refused } = DATED_FILES[file]
  const first = dates.toSorted((one, other) => one.to - other.to)[0]
  const last = dates.toSorted((one, other) => other.from - one.from)[0]
  if (!first || !last) return undefined
  const name = (one: CertificateDates) =>
    dates.indexOf(one) === 0 ? 'the certificate' : `certificate ${dates.indexOf(one) + 1} of the file`
  if (first.to < now) return `${name(first)} expired on ${instantText(first.to)}; ${refused}`
  if (last.from > now)
    return `${name(last)} is not valid before ${instantText(last.from)}; ${refused} until then`
  return first.to - now < SOON_DAYS * DAY_MS ? `${name(first)} ${endsText(first.to, now)}` : undefined
}
