// Certificates that end soon, of the hub's own listeners and of receivers, as rows of what operators are told; with the
// limits of config/prometheus/alerts.yml.

import { endsText, instantText } from '../journal/text.ts'
import type { AlertName, Alerts, Occasion } from './alerts.ts'

/** Subjects, and when the first of their certificates ends, in milliseconds since the epoch. */
export type CertificateEnds = () => readonly (readonly [subject: string, end: number])[]

export interface CertificateSources {
  /** What the listeners of this hub serve, and judge clients by. */
  readonly listeners: CertificateEnds
  /** What this hub has met at the platforms it connects to. */
  readonly receivers: CertificateEnds
}

interface Row {
  readonly alert: AlertName
  readonly of: keyof CertificateSources
  /** It fires when fewer days are left. */
  readonly days: number
  readonly severity: Occasion['severity']
  readonly whose: (subject: string, name: (platformId: string) => string) => string
  /** What follows from its end, and what to do. */
  readonly ended: string
  readonly advice: string
}

const served = (listener: string) => `the listener ${listener} of this hub`
const RENEW = 'Renew it, then run "ocpi-hub reload" on this hub, also when the file was renewed already.'

const ROWS: readonly Row[] = [
  {
    alert: 'hub_certificate_ends',
    of: 'listeners',
    days: 14,
    severity: 'warning',
    whose: served,
    ended: 'nobody can connect',
    advice: RENEW,
  },
  {
    alert: 'hub_certificate_ends_now',
    of: 'listeners',
    days: 2,
    severity: 'critical',
    whose: served,
    ended: 'nobody can connect',
    advice: RENEW,
  },
  {
    alert: 'receiver_certificate_ends',
    of: 'receivers',
    days: 14,
    severity: 'warning',
    whose: (platformId, name) => name(platformId),
    ended: 'nothing reaches it',
    advice: 'Tell its operator to renew it: once it has ended nothing reaches it.',
  },
]

const DAY_MS = 86_400_000

/**
 * Holds what is known of certificates at the instant `now` against the rows; `name` = a platform in words. Call it every
 * now and then.
 */
export function lookAtCertificates(
  sources: CertificateSources,
  now: number,
  name: (platformId: string) => string,
  alerts: Pick<Alerts, 'fire' | 'resolve'>,
): void {
  for (const { alert, of, days, severity, whose, ended, advice } of ROWS) {
    for (const [subject, end] of sources[of]()) {
      const text = `The TLS certificate of ${whose(subject, name)}`
      if (end - now >= days * DAY_MS)
        alerts.resolve(alert, subject, `${text} lasts until ${instantText(end)}.`)
      else {
        const message = `${text} ${end > now ? endsText(end, now) : `ended on ${instantText(end)}: ${ended}`}.`
        alerts.fire(alert, subject, { severity, message, causes: [advice] })
      }
    }
  }
}
