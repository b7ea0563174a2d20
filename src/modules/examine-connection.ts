// Checks of how a party can be reached: URL, name, connection, TLS and its certificates.

import type { FaultCode } from '../faults/table.ts'
import { counted } from '../journal/text.ts'
import type { ConnectionFacts, TlsFacts } from '../forwarding/connection-facts.ts'
import { readTarget } from '../ocpi/endpoint.ts'
import {
  type Check,
  describeFault,
  fail,
  type Finding,
  pass,
  type Scene,
  shown,
  skip,
  warn,
} from './examine-scene.ts'

/** Days before the end of a certificate from which it is a warning, and a failure. */
const DAYS_WARN = 30
const DAYS_FAIL = 7
const DAY_MS = 86_400_000
const SLOW_CONNECT_MS = 1_000

/** For URLs that the hub does not call, whatever answers there. */
export const REFUSED_ADVICE =
  'Use https and a public address. The operator of the hub can allow a private range, or plain http.'

export const CONNECTION_CHECKS: readonly Check[] = [
  { id: 'url', title: 'The versions URL can be used', run: checkUrl },
  { id: 'dns', title: 'The host name resolves', run: checkLookup },
  { id: 'connect', title: 'A connection can be made', run: checkConnect },
  { id: 'tls', title: 'TLS is spoken', run: checkTls },
  { id: 'certificate', title: 'The certificate is acceptable', run: checkCertificate },
  { id: 'certificate_days', title: 'The certificate lasts', run: checkDays },
]

function checkUrl({ url }: Scene): Finding {
  if (!readTarget(url)) {
    return fail(
      `${shown(url)} is not an absolute http(s) URL without user name`,
      'Hand out the whole URL of the version list, as in https://ocpi.example.com/ocpi/versions.',
    )
  }
  if (url.length > 255) {
    return warn(`${url.length} characters`, 'OCPI allows 255 characters in a URL; others may refuse it.')
  }
  if (isSecure(url)) return pass(shown(url))
  return warn(
    `${shown(url)} is not encrypted`,
    'Serve https: over plain http tokens and personal data can be read on the way.',
  )
}

async function checkLookup(scene: Scene): Promise<Finding> {
  if (!readTarget(scene.url)) return skip('the URL cannot be used')
  scene.connection = await scene.look()
  const { addresses, lookupMs = 0, failure } = scene.connection
  if (!addresses) return lookupFinding(failure!.fault)
  if (scene.connection.connectMs !== undefined && (!isSecure(scene.url) || isAccepted(scene.connection))) {
    scene.grounds.add('connection')
  }
  const more = addresses.length > 4 ? ` and ${addresses.length - 4} more` : ''
  return pass(`${addresses.slice(0, 4).join(', ')}${more} in ${ms(lookupMs)}`)
}

function failed(fault: FaultCode): Finding {
  const { found, advice } = describeFault(fault)
  return fail(found, advice)
}

function lookupFinding(fault: FaultCode): Finding {
  if (fault !== 'destination_ip_prohibited') return failed(fault)
  return fail('the address or the scheme is one that the hub does not call', REFUSED_ADVICE)
}

function checkConnect({ connection }: Scene): Finding {
  if (!connection?.addresses) return skip('there is no address')
  const { connectMs, failure } = connection
  if (connectMs === undefined) return failed(failure!.fault)
  return connectMs > SLOW_CONNECT_MS
    ? warn(`after ${ms(connectMs)}`, 'Look for packet loss, or put the service nearer.')
    : pass(`in ${ms(connectMs)}`)
}

function checkTls({ url, connection }: Scene): Finding {
  if (!isSecure(url)) return skip('plain http')
  if (connection?.connectMs === undefined) return skip('there is no connection')
  const { tls, failure } = connection
  return tls ? pass(`${tls.protocol} in ${ms(tls.handshakeMs)}`) : failed(failure!.fault)
}

function checkCertificate({ connection }: Scene): Finding {
  const tls = connection?.tls
  if (!tls) return skip('there is none to look at')
  const [own] = tls.chain
  const names = own ? [...new Set(own.names)].map(shown).join(', ') : 'none'
  const seen = `for ${names}; issued by ${shown(own?.issuer ?? 'nobody')}; chain of ${tls.chain.length}`
  if (tls.refusal === undefined) return pass(seen)
  const [reason, advice] = REFUSALS[tls.refusal] ?? [
    'it is not valid',
    'Serve a certificate of a public authority for this host.',
  ]
  return fail(`${reason} (${tls.refusal}): ${seen}`, advice)
}

const INCOMPLETE = [
  'the chain is not complete, or its authority is not known',
  'Serve the intermediate certificates together with your own; use a public authority.',
] as const
const SELF_SIGNED = [
  'it is signed by itself',
  'Use a certificate of a public authority, or hand over your own authority for the hub to trust.',
] as const

const REFUSALS: Readonly<Record<string, readonly [reason: string, advice: string]>> = {
  CERT_HAS_EXPIRED: ['it has expired', 'Renew the certificate, and see why that did not happen by itself.'],
  CERT_NOT_YET_VALID: ['it is not valid yet', 'Look at the clock of the machine that made it.'],
  DEPTH_ZERO_SELF_SIGNED_CERT: SELF_SIGNED,
  SELF_SIGNED_CERT_IN_CHAIN: SELF_SIGNED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: INCOMPLETE,
  UNABLE_TO_GET_ISSUER_CERT: INCOMPLETE,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: INCOMPLETE,
  CERT_REVOKED: ['it was revoked', 'Get a new certificate.'],
  ERR_TLS_CERT_ALTNAME_INVALID: [
    'it is for other names',
    'Get a certificate for the host name of the URL, or hand out a URL with a name it has.',
  ],
}

function checkDays({ connection }: Scene): Finding {
  const chain = connection?.tls?.chain ?? []
  if (chain.length === 0) return skip('there is none to look at')
  const days = daysLeft(chain, Date.now())
  const end = new Date(Math.min(...chain.map(({ validTo }) => validTo))).toISOString().slice(0, 10)
  const advice = 'Renew it now, and let it be renewed by itself from now on.'
  if (days < 0) return fail(`expired on ${end}`, advice)
  const found = `${counted(days, 'day')} left, until ${end}`
  if (days < DAYS_FAIL) return fail(found, advice)
  return days < DAYS_WARN ? warn(found, advice) : pass(found)
}

/** Whole days until the first certificate of the chain ends. */
export function daysLeft(chain: TlsFacts['chain'], now: number): number {
  return Math.floor((Math.min(...chain.map(({ validTo }) => validTo)) - now) / DAY_MS)
}

function isAccepted({ tls }: ConnectionFacts): boolean {
  return tls !== undefined && tls.refusal === undefined
}

/** Whether it is an https URL. */
export function isSecure(url: string): boolean {
  return /^https:/i.test(url)
}

/** Milliseconds for people. */
export function ms(value: number): string {
  return `${value < 10 ? Math.round(value * 10) / 10 : Math.round(value)} ms`
}
