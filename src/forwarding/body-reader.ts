// Learns the OCPI status code of an answer's body, whole or in pieces, plain or compressed, without changing it.
// A compressed body is inflated beside the one that is relayed, and only up to a bound.

import { promisify } from 'node:util'
import zlib from 'node:zlib'
import { createStatusCodeScanner } from '../ocpi/envelope.ts'

type Inflate = (body: Buffer, options: zlib.ZlibOptions) => Promise<Buffer>

interface Coding {
  readonly whole: Inflate
  readonly stream: (options: zlib.ZlibOptions) => zlib.Gunzip | zlib.BrotliDecompress | zlib.Unzip
}

const GZIP: Coding = { whole: promisify(zlib.gunzip) as Inflate, stream: zlib.createGunzip }
const CODINGS: ReadonlyMap<string, Coding> = new Map<string, Coding>([
  ['gzip', GZIP],
  ['x-gzip', GZIP],
  ['deflate', { whole: promisify(zlib.inflate) as Inflate, stream: zlib.createInflate }],
  ['br', { whole: promisify(zlib.brotliDecompress) as Inflate, stream: zlib.createBrotliDecompress }],
])

/** The body without its coding; `undefined` when the coding is unknown, broken, or hides more than `bytesMax`. */
export async function inflateBody(
  body: Buffer,
  contentEncoding: string,
  bytesMax: number,
): Promise<Buffer | undefined> {
  const coding = CODINGS.get(contentEncoding.trim().toLowerCase())
  if (!coding) return undefined
  try {
    return await coding.whole(body, { maxOutputLength: bytesMax })
  } catch {
    return undefined
  }
}

export interface BodyReader {
  push(chunk: Buffer): void
  /** Whether what came so far can be an envelope; of a compressed body that is not known before its end. */
  plausible(): boolean
  /** The code seen so far. */
  code(): number | undefined
  /** After the last byte: the code, if the body was one whole envelope. */
  end(): Promise<number | undefined>
}

/** Reads a body that arrives in pieces, in constant memory; past `bytesMax` inflated bytes it stops looking. */
export function createBodyReader(contentEncoding: string | undefined, bytesMax: number): BodyReader {
  const scanner = createStatusCodeScanner()
  const coding = isPlain(contentEncoding) ? undefined : CODINGS.get(contentEncoding!.trim().toLowerCase())
  if (!coding) {
    return {
      push: (chunk) => scanner.push(chunk),
      plausible: () => scanner.plausible,
      code: () => scanner.code,
      end: () => Promise.resolve(scanner.end()),
    }
  }
  let inflated = 0
  const inflate = coding.stream({})
  const ended = new Promise<number | undefined>((resolve) => {
    inflate.on('data', (chunk: Buffer) => {
      inflated += chunk.length
      if (inflated <= bytesMax) scanner.push(chunk)
      else inflate.destroy()
    })
    inflate.on('end', () => resolve(scanner.end()))
    inflate.on('error', () => resolve(undefined))
    inflate.on('close', () => resolve(undefined))
  })
  return {
    push: (chunk) => void (inflate.destroyed || inflate.write(chunk)),
    plausible: () => !inflate.destroyed,
    code: () => scanner.code,
    end: () => {
      if (!inflate.destroyed) inflate.end()
      return ended
    },
  }
}

/** Whether a body with this Content-Encoding is as it reads. */
export function isPlain(contentEncoding: string | undefined): boolean {
  return contentEncoding === undefined || contentEncoding.trim().toLowerCase() === 'identity'
}
