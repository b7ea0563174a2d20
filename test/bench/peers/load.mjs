// Load generator for machines without wrk: keep-alive sockets, each with one request under way, prebuilt bytes.
// `node load.mjs PORT CONNECTIONS SECONDS`, the request's bytes on standard input; prints one line of JSON.

import { connect } from 'node:net'
import { buffer } from 'node:stream/consumers'

const [port, connections, seconds] = process.argv.slice(2).map(Number)
const request = await buffer(process.stdin)
const latenciesUs = []
let errors = 0
let running = true

/** Whether `text` holds one whole answer: by Content-Length, or by the last chunk. */
function isWhole(text) {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return false
  const length = /\r\ncontent-length: *(\d+)/i.exec(text.slice(0, end + 2))
  return length ? text.length >= end + 4 + Number(length[1]) : text.endsWith('\r\n0\r\n\r\n')
}

function open() {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    let pending = ''
    let sentAt = 0
    const send = () => {
      sentAt = performance.now()
      socket.write(request)
    }
    socket.setEncoding('latin1')
    socket.on('connect', send)
    socket.on('error', () => errors++)
    socket.on('close', () => {
      if (running) setImmediate(() => resolve(open()))
      else resolve()
    })
    socket.on('data', (text) => {
      pending = pending === '' ? text : pending + text
      if (!isWhole(pending)) return
      if (!pending.startsWith('HTTP/1.1 200')) errors++
      pending = ''
      latenciesUs.push((performance.now() - sentAt) * 1000)
      if (running) send()
      else socket.destroy()
    })
  })
}

setTimeout(() => {
  running = false
}, seconds * 1000)
const startedAt = performance.now()
const done = Promise.all(Array.from({ length: connections }, open))
const cut = setTimeout(() => process.exit(1), seconds * 1000 + 10_000)
await done
clearTimeout(cut)
latenciesUs.sort((a, b) => a - b)
const at = (part) =>
  Math.round(latenciesUs[Math.min(latenciesUs.length - 1, Math.floor(latenciesUs.length * part))] ?? 0)
console.log(
  JSON.stringify({
    requests: latenciesUs.length,
    seconds: (performance.now() - startedAt) / 1000,
    p50Us: at(0.5),
    p99Us: at(0.99),
    errors,
  }),
)
