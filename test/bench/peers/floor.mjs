// Node's floor: the least a Node proxy can do, `node:http` in front and undici's `dispatch` behind, bodies as bytes.
// It passes headers and answers through, knows no tokens and checks nothing. `node floor.mjs ORIGIN`; prints its port.

import { createServer } from 'node:http'
import { Pool } from 'undici'

const HOP_BY_HOP = new Set(['host', 'connection', 'keep-alive', 'transfer-encoding'])
// Up to here one string in one write is cheaper than two buffers.
const ONE_WRITE_BYTES = 16_384

const pool = new Pool(process.argv[2], { pipelining: 1 })

function endToEnd(rawHeaders) {
  const headers = []
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = String(rawHeaders[index])
    if (!HOP_BY_HOP.has(name.toLowerCase())) headers.push(name, String(rawHeaders[index + 1]))
  }
  return headers
}

function forward(request, response, body) {
  const chunks = []
  let status = 502
  let headers = []
  pool.dispatch(
    { method: request.method, path: request.url, headers: endToEnd(request.rawHeaders), body },
    {
      onConnect() {},
      onHeaders(statusCode, rawHeaders) {
        status = statusCode
        headers = endToEnd(rawHeaders)
        return true
      },
      onData(chunk) {
        chunks.push(chunk)
        return true
      },
      onComplete() {
        const whole = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)
        response.writeHead(status, headers)
        if (whole.length <= ONE_WRITE_BYTES) response.end(whole.latin1Slice(), 'latin1')
        else response.end(whole)
      },
      onError() {
        response.writeHead(502).end()
      },
    },
  )
}

const server = createServer((request, response) => {
  if (request.method === 'GET') return forward(request, response, null)
  const chunks = []
  request.on('data', (chunk) => chunks.push(chunk))
  request.on('end', () => forward(request, response, chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)))
})
server.listen(0, '127.0.0.1', () => console.log(server.address().port))
