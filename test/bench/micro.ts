// Costs of single steps of the hot path, in microseconds of CPU: deadlines, reading a status code, recognising a
// token. Variants of one question run in turn within each round and medians are printed, because the machine drifts.
// The hub's own functions come from dist, as they run in production: a loader would wrap their closures.

import { createHmac } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import pTimeout from 'p-timeout'
import type * as EnvelopeFile from '../../src/ocpi/envelope.ts'
import type * as TokenFile from '../../src/ocpi/token.ts'
import { median } from '../support/median.ts'

interface Variant {
  readonly name: string
  /** Runs the step `times` times. */
  readonly run: (times: number) => unknown
}

const ROUNDS = Number(process.argv[2] ?? 9)

const dist = new URL('../../dist/ocpi/', import.meta.url).href
const { readStatusCode } = (await import(`${dist}envelope.js`)) as typeof EnvelopeFile
const { hashToken, readAuthorization } = (await import(`${dist}token.js`)) as typeof TokenFile

await compare('a deadline around an exchange that answers in the next turn of the loop', 40_000, deadlines())
for (const [size, objects] of [
  ['400 B', 1],
  ['40 KB', 105],
] as const) {
  await compare(`status_code of ${size}`, objects === 1 ? 200_000 : 2_000, statusCodes(objects))
}
await compare('platform of an Authorization header', 100_000, tokens())

async function compare(title: string, times: number, variants: readonly Variant[]): Promise<void> {
  const costs = variants.map(() => [] as number[])
  for (let round = -2; round < ROUNDS; round++) {
    for (let turn = 0; turn < variants.length; turn++) {
      const index = (turn + round + 2) % variants.length
      const before = process.cpuUsage()
      await variants[index]!.run(times)
      const used = process.cpuUsage(before)
      if (round >= 0) costs[index]!.push((used.user + used.system) / times)
    }
  }
  console.log(`\n${title}`)
  const base = median(costs[0]!)
  variants.forEach((variant, index) => {
    const cost = median(costs[index]!)
    console.log(`  ${variant.name.padEnd(52)} ${cost.toFixed(3).padStart(9)} µs  ${signed(cost - base)} µs`)
  })
}

function deadlines(): Variant[] {
  const exchange = () => nextTurn('answer')
  const limitMs = 30_000
  const late = () => 'late'
  return [
    atDepth('no deadline', exchange),
    atDepth('p-timeout', () => pTimeout(exchange(), { milliseconds: limitMs, fallback: late })),
    atDepth('p-timeout, Error.stackTraceLimit = 0 around the call', () => {
      const limit = Error.stackTraceLimit
      Error.stackTraceLimit = 0
      const settled = pTimeout(exchange(), { milliseconds: limitMs, fallback: late })
      Error.stackTraceLimit = limit
      return settled
    }),
    atDepth('one setTimeout, cleared when the promise settles', () => {
      const timer = setTimeout(late, limitMs)
      return exchange().finally(() => clearTimeout(timer))
    }),
    atDepth('one setTimeout, cleared in a callback', async () => {
      const timer = setTimeout(late, limitMs)
      const answer = await exchange()
      clearTimeout(timer)
      return answer
    }),
  ]
}

/** 16 exchanges at a time, each begun 12 frames deep as in a server, so that a stack has its usual length. */
function atDepth(name: string, begin: () => Promise<unknown>): Variant {
  const descend = (frames: number): Promise<unknown> => (frames === 0 ? begin() : descend(frames - 1))
  const chain = async (times: number) => {
    for (let done = 0; done < times; done++) await descend(12)
  }
  return { name, run: (times) => Promise.all(Array.from({ length: 16 }, () => chain(times / 16))) }
}

function statusCodes(objects: number): Variant[] {
  const data = Array.from({ length: objects }, (_, index) => ({
    country_code: 'DE',
    party_id: 'CPO',
    id: `LOC${index}`,
    publish: true,
    name: 'Hauptbahnhof "Nord"',
    address: 'Bahnhofstr. 1',
    city: 'Berlin',
    country: 'DEU',
    coordinates: { latitude: '52.52', longitude: '13.40' },
    evses: [
      {
        uid: `E${index}`,
        status: 'AVAILABLE',
        connectors: [{ id: '1', standard: 'IEC_62196_T2', power: 11000.5 }],
      },
    ],
    time_zone: 'Europe/Berlin',
    last_updated: '2026-01-01T00:00:00Z',
  }))
  const body = objects === 1 ? data[0] : data
  const time = '2026-01-01T00:00:00Z'
  const last = Buffer.from(
    JSON.stringify({ data: body, status_code: 1000, status_message: 'ok', timestamp: time }),
  )
  const first = Buffer.from(JSON.stringify({ status_code: 1000, data: body, timestamp: time }))
  const dataLast = Buffer.from(JSON.stringify({ status_code: 1000, timestamp: time, data: body }))
  const scan = (bytes: Buffer) => repeat(() => readStatusCode(bytes))
  return [
    { name: `readStatusCode, after the data (${last.length} bytes)`, run: scan(last) },
    { name: 'readStatusCode, first, timestamp after the data', run: scan(first) },
    { name: 'readStatusCode, data last', run: scan(dataLast) },
    {
      name: 'JSON.parse',
      run: repeat(() => (JSON.parse(last.toString()) as { status_code: number }).status_code),
    },
  ]
}

function tokens(): Variant[] {
  const key = Buffer.alloc(32, 7)
  const headers = Array.from(
    { length: 1000 },
    (_, index) =>
      `Token ${Buffer.from(createHmac('sha256', key).update(String(index)).digest('base64url')).toString('base64')}`,
  )
  const lookUp = (header: string) => {
    for (const { token } of readAuthorization(header)) {
      const platform = byHash.get(hashToken(token, key))
      if (platform) return platform
    }
    return undefined
  }
  const byHash = new Map(
    headers.map((header, index) => [hashToken(readAuthorization(header)[0]!.token, key), index + 1]),
  )
  const recent = new Map(headers.map((header, index) => [header, index + 1]))
  let next = 0
  const header = () => headers[next++ % headers.length]!
  return [
    { name: 'Map by the raw header', run: repeat(() => recent.get(header())) },
    { name: 'Map by the raw header, moved to the end (LRU)', run: repeat(() => touch(recent, header())) },
    { name: 'readAuthorization + HMAC-SHA256 + Map', run: repeat(() => lookUp(header())) },
    { name: 'HMAC-SHA256 alone', run: repeat(() => hashToken(headers[0]!, key)) },
  ]
}

function touch(recent: Map<string, number>, header: string): number | undefined {
  const platform = recent.get(header)
  if (platform === undefined) return undefined
  recent.delete(header)
  recent.set(header, platform)
  return platform
}

function repeat(step: () => unknown): Variant['run'] {
  let sink: unknown
  return (times) => {
    for (let done = 0; done < times; done++) sink = step()
    return sink
  }
}

function signed(value: number): string {
  return `${value < 0 ? '-' : '+'}${Math.abs(value).toFixed(3)}`.padStart(9)
}
