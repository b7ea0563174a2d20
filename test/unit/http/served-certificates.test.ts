// What is told of the dates of certificates that listeners serve, and that nothing of it refuses a file.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createServedCertificates, datesWarning, readDates } from '../../../src/http/served-certificates.ts'
import { selfSigned } from '../../support/certificates.ts'
import { makeDirectory } from '../../support/directory.ts'

const DAY_MS = 86_400_000
const NOW = Date.parse('2026-03-01T12:00:00Z')
const directory = makeDirectory()
afterAll(() => directory.remove())

/** From and to in days from now. */
function dates(from: number, to: number) {
  return { from: NOW + from * DAY_MS, to: NOW + to * DAY_MS }
}

describe('dates of a served certificate', () => {
  it.each([
    [-30, -1, 'the certificate expired on 2026-02-28T12:00:00Z; clients refuse it'],
    [2, 90, 'the certificate is not valid before 2026-03-03T12:00:00Z; clients refuse it until then'],
    [-30, 0.5, 'the certificate ends on 2026-03-02T00:00:00Z, in less than a day'],
    [-30, 1.5, 'the certificate ends on 2026-03-03T00:00:00Z, in 1 day'],
    [-30, 13.5, 'the certificate ends on 2026-03-15T00:00:00Z, in 13 days'],
    [-30, 14, undefined],
    [0, 365, undefined],
  ])('from day %d to day %d are told: %3$s', (from, to, words) => {
    expect(datesWarning([dates(from, to)], NOW, 'cert')).toBe(words)
  })

  it('of its chain are told with its place in the file', () => {
    const chain = [dates(-30, 60), dates(-300, 3)]
    expect(datesWarning(chain, NOW, 'cert')).toMatch(/^certificate 2 of the file ends on .*, in 3 days$/)
  })

  it('that say nothing are not told', () => {
    expect(datesWarning([], NOW, 'cert')).toBeUndefined()
  })
})

describe('the CAs of a listener', () => {
  it('are told like what it serves, by the first that ends', async () => {
    const [own, ca, older] = await Promise.all(
      [60, 20, -3].map((toDays) => selfSigned('127.0.0.1', { fromDays: -9, toDays })),
    )
    const file = (name: string, ...pems: string[]): string => {
      const path = join(directory.path, name)
      writeFileSync(path, pems.join('\n'))
      return path
    }
    const tls = { cert: file('own.pem', own!.cert), key: '', clientCa: file('ca.pem', ca!.cert, older!.cert) }
    const warned: string[] = []
    const served = createServedCertificates(
      { ocpi: { tls } },
      { warn: (_fields, message) => void warned.push(message) },
    )
    served.read()
    const daysLeft = served
      .ends()
      .map(([listener, end]) => [listener, Math.round((end - Date.now()) / DAY_MS)])
    expect(daysLeft).toEqual([
      ['ocpi', 60],
      ['ocpi (client_ca)', -3],
    ])
    expect(warned).toEqual([
      expect.stringMatching(
        /^listen\.ocpi\.tls\.client_ca: certificate 2 of the file expired on \S+; clients with a certificate of it are refused$/,
      ),
    ])
  })
})

describe('a file with certificates', () => {
  it('is read as it is served: with its chain, remarks, line ends of Windows and other things in it', async () => {
    const own = await selfSigned('127.0.0.1', { toDays: 60 })
    const issuer = await selfSigned('127.0.0.1', { toDays: 20 })
    const forms = [
      [own.cert, issuer.cert],
      ['# -----BEGIN CERTIFICATE----- follows', own.cert, issuer.cert, ''],
      [`\uFEFF${own.cert}`, own.key, issuer.cert, ''],
    ]
    for (const parts of forms) {
      const ends = readDates(Buffer.from(parts.join('\n').replaceAll(/\r?\n/g, '\r\n'))).map(({ to }) =>
        Math.round((to - Date.now()) / DAY_MS),
      )
      expect(ends).toEqual([60, 20])
    }
  })

  it('that holds none has no dates, and no listener without TLS has', () => {
    expect(readDates(Buffer.from('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'))).toEqual(
      [],
    )
    const cert = join(directory.path, 'none.pem')
    writeFileSync(cert, 'no certificate')
    const warned: string[] = []
    const served = createServedCertificates(
      { ocpi: { tls: { cert, key: cert } }, admin: {} },
      { warn: (_fields, message) => void warned.push(message) },
    )
    served.read()
    expect([served.ends(), warned]).toEqual([[], []])
  })
})
