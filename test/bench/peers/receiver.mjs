// The receiving party of the benchmark on a bare socket: prebuilt answers, so that it costs as little as it can.
// `node receiver.mjs`; prints its port. Plain JavaScript like its neighbours: a loader would rewrite what is measured.

import { createServer } from 'node:net'

const location = (index) => ({
  country_code: 'DE',
  party_id: 'CPO',
  id: `LOC${index}`,
  publish: true,
  name: 'Berlin Hauptbahnhof, Parkhaus Nord',
  address: 'Bahnhofstr. 1',
  city: 'Berlin',
  country: 'DEU',
  coordinates: { latitude: '52.520008', longitude: '13.404954' },
  time_zone: 'Europe/Berlin',
  last_updated: '2026-01-01T00:00:00Z',
})

const ANSWERS = {
  '/ocpi/2.2.1/sender/locations/LOC1': answer(location(1)),
  '/ocpi/2.2.1/sender/locations': answer(
    Array.from({ length: 144 }, (_, index) => location(index)),
    {
      'X-Total-Count': '144',
      'X-Limit': '200',
    },
  ),
  '/ocpi/2.2.1/sender/tokens/TOKEN1/authorize': answer({
    allowed: 'ALLOWED',
    token: {
      country_code: 'NL',
      party_id: 'EMS',
      uid: 'TOKEN1',
      type: 'RFID',
      contract_id: 'NL-EMS-C12345678-X',
      issuer: 'Example eMobility',
      valid: true,
      whitelist: 'ALLOWED',
      last_updated: '2026-01-01T00:00:00Z',
    },
    authorization_reference: '4f0c6a3e-7f7e-4b7c-9a53-2f6f3f1a9b11',
  }),
}
const UNKNOWN = Buffer.from('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n')

function answer(data, headers = {}) {
  const body = JSON.stringify({
    data,
    status_code: 1000,
    status_message: 'Success',
    timestamp: '2026-01-01T00:00:00Z',
  })
  const lines = Object.entries({
    'Content-Type': 'application/json',
    'X-Request-ID': '3f1f2c52-8f53-4b70-9d5a-4f4f8a2f6a01',
    'X-Correlation-ID': '0b8a1f1e-0a55-4e0c-8c55-1f6f0e4f7a02',
    'OCPI-to-country-code': 'NL',
    'OCPI-to-party-id': 'EMS',
    'OCPI-from-country-code': 'DE',
    'OCPI-from-party-id': 'CPO',
    ...headers,
    'Content-Length': Buffer.byteLength(body),
  }).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.from(`HTTP/1.1 200 OK\r\n${lines.join('')}\r\n${body}`)
}

/** Bytes of the first whole request in `text`, or 0 while it is incomplete. */
function requestLength(text) {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return 0
  const length = /\r\ncontent-length: *(\d+)/i.exec(text.slice(0, end))
  const total = end + 4 + (length ? Number(length[1]) : 0)
  return text.length >= total ? total : 0
}

const server = createServer({ noDelay: true }, (socket) => {
  let pending = ''
  socket.setEncoding('latin1')
  socket.on('error', () => socket.destroy())
  socket.on('data', (text) => {
    pending += text
    for (let length = requestLength(pending); length > 0; length = requestLength(pending)) {
      const path = pending.slice(pending.indexOf(' ') + 1).split(/[ ?]/, 1)[0]
      pending = pending.slice(length)
      socket.write(ANSWERS[path] ?? UNKNOWN)
    }
  })
})
server.listen(0, '127.0.0.1', () => console.log(server.address().port))
