// Raw bytes to a port and raw bytes back: for requests no HTTP client would send.

import { connect, type Socket } from 'node:net'
import { makeAnswer, type HttpAnswer } from './caller.ts'

export interface RawAnswer {
  /** Everything received. */
  readonly bytes: Buffer
  /** The answers in it, in order. */
  readonly answers: readonly HttpAnswer[]
  readonly elapsedMs: number
  /** Whether the other side ended the connection; else the wait was over. */
  readonly closed: boolean
}

export interface RawOptions {
  /** How long to read at most, once connected. Milliseconds. */
  readonly limitMs?: number
  /** Stops reading as soon as this many answers are whole. */
  readonly answers?: number
}

/**
 * Sends `bytes` (strings as Latin-1) and reads until the other side closes, the answers are whole or the limit is over.
 * Several pieces are sent one after the other, each in a packet of its own.
 */
export function rawRequest(
  url: string,
  bytes: string | Buffer | readonly (string | Buffer)[],
  { limitMs = 20_000, answers = Infinity }: RawOptions = {},
): Promise<RawAnswer> {
  const { hostname, port } = new URL(url)
  const start = performance.now()
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    const socket = connect({ host: hostname, port: Number(port), noDelay: true })
    let timer: NodeJS.Timeout | undefined
    function finish(closed: boolean): void {
      clearTimeout(timer)
      socket.destroy()
      const all = Buffer.concat(chunks)
      resolve({ bytes: all, answers: readAnswers(all), elapsedMs: performance.now() - start, closed })
    }
    socket.on('connect', () => {
      // Not before: what is never sent is not answered either.
      timer = setTimeout(() => finish(false), limitMs)
      void sendPieces(socket, Array.isArray(bytes) ? bytes : [bytes])
    })
    socket.on('data', (chunk) => {
      chunks.push(chunk)
      if (readAnswers(Buffer.concat(chunks)).length >= answers) finish(false)
    })
    socket.on('close', () => finish(true))
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') reject(error)
    })
  })
}

async function sendPieces(socket: Socket, pieces: readonly (string | Buffer)[]): Promise<void> {
  for (const piece of pieces) {
    if (socket.destroyed) return
    socket.write(typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece)
    await new Promise(setImmediate)
  }
}

/** The whole answers at the start of the bytes; framing by Content-Length or chunks, else all that is left. */
export function readAnswers(bytes: Buffer): HttpAnswer[] {
  const answers: HttpAnswer[] = []
  let rest = bytes
  for (;;) {
    const headEnd = rest.indexOf('\r\n\r\n')
    if (headEnd < 0) return answers
    const [statusLine = '', ...lines] = rest.subarray(0, headEnd).toString('latin1').split('\r\n')
    const headers = lines.map((line): [string, string] => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon), line.slice(colon + 1).trim()]
    })
    const status = Number(statusLine.split(' ')[1])
    const body = readFramedBody(rest.subarray(headEnd + 4), headers, status)
    if (!body) return answers
    answers.push(makeAnswer(status, headers, body.content, 0))
    rest = body.rest
  }
}

interface FramedBody {
  readonly content: Buffer
  readonly rest: Buffer
}

function readFramedBody(bytes: Buffer, headers: [string, string][], status: number): FramedBody | undefined {
  const value = (name: string) => headers.find(([key]) => key.toLowerCase() === name)?.[1]
  const length = value('content-length')
  if (status < 200 || status === 204 || status === 304) return { content: Buffer.alloc(0), rest: bytes }
  if (length !== undefined) {
    const end = Number(length)
    return bytes.length < end ? undefined : { content: bytes.subarray(0, end), rest: bytes.subarray(end) }
  }
  if (value('transfer-encoding') === undefined) return { content: bytes, rest: Buffer.alloc(0) }
  return readChunks(bytes)
}

function readChunks(bytes: Buffer): FramedBody | undefined {
  const parts: Buffer[] = []
  let position = 0
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', position)
    if (lineEnd < 0) return undefined
    const size = Number.parseInt(bytes.subarray(position, lineEnd).toString('latin1'), 16)
    const end = lineEnd + 2 + size
    if (Number.isNaN(size) || bytes.length < end + 2) return undefined
    if (size === 0) return { content: Buffer.concat(parts), rest: bytes.subarray(end + 2) }
    parts.push(bytes.subarray(lineEnd + 2, end))
    position = end + 2
  }
}
