// The certificates of the listeners, looked at before anything listens: that each file can be read, holds what its key
// says, and that they fit each other. Reads the plain data of the file; what has the wrong type is passed over.

import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { DATED_FILES, type DatedFile, datesWarning, readDates } from '../http/served-certificates.ts'
import { tlsProblem } from '../http/tls.ts'
import type { Finding } from './messages.ts'
import { unreadable } from './unreadable.ts'

const FILES = {
  cert: { read: readCertificate, what: 'a certificate' },
  key: { read: (pem: Buffer) => createPrivateKey(pem), what: 'a private key without passphrase' },
  client_ca: { read: readCertificate, what: 'a certificate' },
} as const

/** What stands against serving https with the files that `data` names. */
export function tlsFindings(data: unknown): Finding[] {
  return eachSide(data, sideFindings)
}

/** What keeps clients out at the instant `now`, or soon will, in files against which nothing stands. */
export function tlsWarnings(data: unknown, now: number): Finding[] {
  return eachSide(data, (path, tls) =>
    (Object.keys(DATED_FILES) as DatedFile[]).flatMap((key) => {
      const file = fileName(tls[key])
      const warning = file && datesWarning(readDates(readFileSync(file)), now, key)
      return warning ? [{ path: [...path, key], message: warning, part: 'value' }] : []
    }),
  )
}

function eachSide(
  data: unknown,
  look: (path: readonly string[], tls: Readonly<Record<string, unknown>>) => Finding[],
): Finding[] {
  return (['ocpi', 'admin'] as const).flatMap((side) => {
    const path = ['listen', side, 'tls']
    const tls = path.reduce<unknown>(
      (value, key) => (value as Record<string, unknown> | undefined)?.[key],
      data,
    )
    return look(path, (tls ?? {}) as Record<string, unknown>)
  })
}

function sideFindings(path: readonly string[], tls: Readonly<Record<string, unknown>>): Finding[] {
  const finding = (message: string, ...name: string[]): Finding => ({
    path: [...path, ...name],
    message,
    part: 'value',
  })
  const [cert, key, clientCa] = [tls.cert, tls.key, tls.client_ca].map(fileName)
  const findings = Object.entries(FILES).flatMap(([name, { read, what }]) => {
    const file = fileName(tls[name])
    const problem = file && fileProblem(file, read, what)
    return problem ? [finding(problem, name)] : []
  })
  if (findings.length > 0 || !cert || !key) return findings
  if (!readCertificate(readFileSync(cert)).checkPrivateKey(createPrivateKey(readFileSync(key)))) {
    return [finding('does not belong to the certificate in cert', 'key')]
  }
  const problem = tlsProblem({ cert, key, ...(clientCa ? { clientCa } : {}) })
  return problem === undefined ? [] : [finding(`cannot be served: ${problem}`)]
}

function fileName(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function fileProblem(file: string, read: (pem: Buffer) => unknown, what: string): string | undefined {
  let pem: Buffer
  try {
    pem = readFileSync(file)
  } catch (error) {
    return unreadable(error)
  }
  try {
    read(pem)
    return undefined
  } catch {
    return `the file does not hold ${what} in PEM`
  }
}

function readCertificate(pem: Buffer): X509Certificate {
  // DER would be read as well, but not served.
  return new X509Certificate(pem.toString('latin1'))
}
