// Everything a receiver can do wrong on one connection, one row per misbehaviour. `connection` counts from 1.

import type { Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { ok } from './envelopes.ts'

type Behaviour = (socket: Socket, connection: number) => void

const ENVELOPE = JSON.stringify(ok([]))
const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n'
/** A whole, good answer. */
const GOOD = `${HEAD}Content-Length: ${ENVELOPE.length}\r\n\r\n${ENVELOPE}`

/** 32 MiB of blanks in 32 KiB. */
const BOMB = gzipSync(Buffer.alloc(32 * 1024 * 1024, 0x20))

/** How often a trickling server sends a byte. Milliseconds. */
const TRICKLE_MS = 40

export const BEHAVIOURS = {
  // Before any byte of the answer.
  silence: (socket) => void socket.resume(),
  'reads nothing': (socket) => void socket.pause(),
  'reset on accept': (socket) => void socket.resetAndDestroy(),
  'FIN on accept': (socket) => void socket.resume().end(),
  'reset after the request': afterRequest((socket) => void socket.resetAndDestroy()),
  'FIN after the request': afterRequest((socket) => void socket.end()),
  // In the head.
  'head trickles': afterRequest((socket) => trickle(socket, `${HEAD}X-Filler: ${'a'.repeat(10_000)}`)),
  'FIN in the head': writesAndEnds('HTTP/1.1 200 OK\r\nContent-Ty'),
  'reset in the head': afterRequest((socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Ty', () => setTimeout(() => socket.resetAndDestroy(), 20))
  }),
  // In the body.
  'head, then silence': writes(`${HEAD}Content-Length: 100\r\n\r\n`),
  'body trickles': afterRequest((socket) => {
    socket.write(`${HEAD}Content-Length: 10000\r\n\r\n`)
    trickle(socket, ' '.repeat(10_000))
  }),
  'chunks trickle': afterRequest((socket) => {
    socket.write(`${HEAD}Transfer-Encoding: chunked\r\n\r\n`)
    trickle(socket, '1\r\n \r\n'.repeat(2_000))
  }),
  'FIN in the body': writesAndEnds(`${HEAD}Content-Length: 100\r\n\r\n{"data":`),
  'reset in the body': afterRequest((socket) => {
    socket.write(`${HEAD}Content-Length: 100\r\n\r\n{"data":`, () =>
      setTimeout(() => socket.resetAndDestroy(), 20),
    )
  }),
  'FIN before the last chunk': writesAndEnds(`${HEAD}Transfer-Encoding: chunked\r\n\r\n8\r\n{"data":\r\n`),
  'FIN inside a chunk': writesAndEnds(`${HEAD}Transfer-Encoding: chunked\r\n\r\nff\r\n{"data":`),
  // Not HTTP.
  garbage: writesAndEnds('\x00\x01\x02 this is no HTTP \xff\xfe\r\n\r\n'),
  'SSH banner': onAccept('SSH-2.0-OpenSSH_9.2\r\n'),
  'HTTP/0.9': writesAndEnds(`${ENVELOPE}\r\n`),
  'bare line feeds in the head': writesAndEnds(GOOD.replaceAll('\r\n', '\n')),
  'NUL in a header': writesAndEnds(GOOD.replace('application/json', 'appli\x00cation')),
  'folded header': writesAndEnds(GOOD.replace('application/json', 'application/\r\n json')),
  'header without colon': writesAndEnds(GOOD.replace('Content-Type: ', 'Content-Type ')),
  'blank before the colon': writesAndEnds(GOOD.replace('Content-Type:', 'Content-Type :')),
  'bad chunk size': writesAndEnds(`${HEAD}Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n`),
  'chunk longer than told': writesAndEnds(
    `${HEAD}Transfer-Encoding: chunked\r\n\r\n2\r\n{"a":1}\r\n0\r\n\r\n`,
  ),
  'Content-Length and Transfer-Encoding': writesAndEnds(
    `${HEAD}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`,
  ),
  'two Content-Lengths': writesAndEnds(GOOD.replace('Content-Length', 'Content-Length: 3\r\nContent-Length')),
  'negative Content-Length': writesAndEnds(`${HEAD}Content-Length: -5\r\n\r\n${ENVELOPE}`),
  'Content-Length beyond 64 bits': writesAndEnds(
    `${HEAD}Content-Length: 18446744073709551616\r\n\r\n${ENVELOPE}`,
  ),
  'status 99': writesAndEnds(GOOD.replace('200 OK', '99 Odd')),
  'status 099': writesAndEnds(GOOD.replace('200 OK', '099 Odd')),
  'status 999': writesAndEnds(GOOD.replace('200 OK', '999 Odd')),
  'status not a number': writesAndEnds(GOOD.replace('200 OK', 'abc OK')),
  'head of 20 KB': writesAndEnds(GOOD.replace('\r\n', `\r\nX-Large: ${'a'.repeat(20_480)}\r\n`)),
  'HTTP/2 frames': onAccept(Buffer.from('000006040000000000000300000064', 'hex')),
  // Odd, but HTTP.
  'unsolicited 100 Continue': writesAndEnds(`HTTP/1.1 100 Continue\r\n\r\n${GOOD}`),
  'unsolicited 101': writesAndEnds(
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
  ),
  '103, then the answer': writesAndEnds(`HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n${GOOD}`),
  '204 with a body': writesAndEnds(`HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello`),
  '204 without a body': writesAndEnds('HTTP/1.1 204 No Content\r\n\r\n'),
  'redirect to the metadata service': writesAndEnds(
    'HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/latest/meta-data/\r\nContent-Length: 0\r\n\r\n',
  ),
  'early 413 without reading': (socket) => {
    socket.pause()
    socket.end('HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
  },
  'bytes after the answer': writes(`${GOOD}HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npoisoned!`),
  'gzip bomb': writesAndEnds(
    Buffer.concat([
      Buffer.from(`${HEAD}Content-Encoding: gzip\r\nContent-Length: ${BOMB.length}\r\n\r\n`),
      BOMB,
    ]),
  ),
  'endless body': afterRequest((socket) => {
    socket.write(`${HEAD}Transfer-Encoding: chunked\r\n\r\n`)
    flood(socket, `10000\r\n${' '.repeat(0x1_0000)}\r\n`)
  }),
  'endless interim answers': afterRequest((socket) =>
    flood(socket, 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(1_000)),
  ),
  // Good at first: keep-alive, then dead when it is used again.
  'dead when used again': thenAgain((socket) => void socket.resetAndDestroy()),
  'reset in the second head': thenAgain((socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Ty', () => setTimeout(() => socket.resetAndDestroy(), 20))
  }),
  'dead from the second connection on': (socket, connection) => {
    socket.on('data', (data) => {
      if (!data.includes('\r\n\r\n')) return
      if (connection === 1) socket.end(GOOD)
      else socket.resetAndDestroy()
    })
  },
  'closes every idle connection at once': writesAndEnds(GOOD),
} as const satisfies Readonly<Record<string, Behaviour>>

export type BehaviourName = keyof typeof BEHAVIOURS

/** Runs `act` once, when a whole request head has arrived. */
function afterRequest(act: (socket: Socket) => void): Behaviour {
  return (socket) => {
    let received = ''
    socket.on('data', function onData(data: Buffer) {
      received += data.toString('latin1')
      if (!received.includes('\r\n\r\n')) return
      socket.off('data', onData)
      socket.resume()
      act(socket)
    })
  }
}

/** A good answer first, and `act` when the connection is used again. */
function thenAgain(act: (socket: Socket) => void): Behaviour {
  return (socket) => {
    let answered = 0
    socket.on('data', (data) => {
      if (!data.includes('\r\n\r\n')) return
      if (answered++ === 0) socket.write(GOOD)
      else act(socket)
    })
  }
}

function bytesOf(text: string | Buffer): Buffer {
  return typeof text === 'string' ? Buffer.from(text, 'latin1') : text
}

function writes(text: string | Buffer): Behaviour {
  return afterRequest((socket) => void socket.write(bytesOf(text)))
}

function writesAndEnds(text: string | Buffer): Behaviour {
  return afterRequest((socket) => void socket.end(bytesOf(text)))
}

function onAccept(text: string | Buffer): Behaviour {
  return (socket) => {
    socket.resume()
    socket.end(bytesOf(text))
  }
}

function trickle(socket: Socket, text: string): void {
  let position = 0
  const timer = setInterval(() => {
    if (socket.destroyed || position >= text.length) clearInterval(timer)
    else socket.write(text[position++]!)
  }, TRICKLE_MS)
  socket.on('close', () => clearInterval(timer))
}

function flood(socket: Socket, piece: string): void {
  function pump(): void {
    while (!socket.destroyed && socket.write(piece)) continue
  }
  socket.on('drain', pump)
  pump()
}
