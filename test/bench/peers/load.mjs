// Load generator: keep-alive sockets, each with one request under way, taken in turns from a list.
// `node load.mjs PORT CONNECTIONS SECONDS [RATE [CODES]]`, a JSON list of requests as text on standard input; RATE in
// requests a second, as many as go when 0; CODES that are no error, 1000 when absent. Prints one line of JSON.

import { connect } from 'node:net'
import { json } from 'node:stream/consumers'

const [port, connections, seconds, rate = 0] = process.argv.slice(2, 6).map(Number)
const codes = process.argv[6] ?? '1000'
const isExpected = new RegExp(`^HTTP/1\\.1 200 [^]*"status_code":(?:${codes.replaceAll(',', '|')})\\b`)
const requests = (await json(process.stdin)).map((text) => Buffer.from(text))
const latenciesUs = []
let next = 0
let errors = 0
let running = true
const startedAt = performance.now()

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
    function send() {
      const number = next++
      const waitMs = rate > 0 ? startedAt + (number * 1000) / rate - performance.now() : 0
      if (waitMs > 1) setTimeout(write, waitMs, number)
      else write(number)
    }
    function write(number) {
      if (!running) return socket.destroy()
      sentAt = performance.now()
      socket.write(requests[number % requests.length])
    }
    socket.setEncoding('latin1')
    socket.on('connect', send)
    socket.on('error', () => errors++)
    socket.on('close', () => (running ? setImmediate(() => resolve(open())) : resolve()))
    socket.on('data', (text) => {
      pending = pending === '' ? text : pending + text
      if (!isWhole(pending)) return
      if (!isExpected.test(pending)) errors++
      pending = ''
      latenciesUs.push(Math.round((performance.now() - sentAt) * 1000))
      if (running) send()
      else socket.destroy()
    })
  })
}

setTimeout(() => {
  running = false
}, seconds * 1000)
const cut = setTimeout(() => process.exit(1), seconds * 1000 + 10_000)
await Promise.all(Array.from({ length: connections }, open))
clearTimeout(cut)
latenciesUs.sort((a, b) => a - b)
const at = (part) => latenciesUs[Math.min(latenciesUs.length - 1, Math.floor(latenciesUs.length * part))] ?? 0
console.log(
  JSON.stringify({
    requests: latenciesUs.length,
    seconds: (performance.now() - startedAt) / 1000,
    p50Us: at(0.5),
    p99Us: at(0.99),
    errors,
    latenciesUs,
  }),
)
