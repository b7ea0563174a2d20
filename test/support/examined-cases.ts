// What can be wrong with a party under examination, one row each: the check that sees it, what it says, and how the
// party is spoiled.

import type { CheckResult } from '../../src/modules/examine-scene.ts'
import type { Spoil } from './examined-party.ts'

/** Spoils answers whose path ends so, but not the refusal of a token. */
const at =
  (end: string, change: Spoil): Spoil =>
  (answer, request, base) =>
    request.path.endsWith(end) && answer.status !== 401 ? change(answer, request, base) : answer

const withData =
  (data: (data: never, base: string) => unknown): Spoil =>
  (answer, _request, base) => ({
    ...answer,
    json: { ...answer.json, data: data(answer.json?.data as never, base) },
  })

const withHeaders =
  (headers: Record<string, string | undefined>): Spoil =>
  (answer) => {
    const merged = Object.entries({ ...answer.headers, ...headers })
    return {
      ...answer,
      headers: Object.fromEntries(merged.filter((pair): pair is [string, string] => pair[1] !== undefined)),
    }
  }

const endpoints = (change: (list: Record<string, string>[], base: string) => unknown[]): Spoil =>
  at(
    '/2.2.1',
    withData(({ endpoints: list }: { endpoints: Record<string, string>[] }, base) => ({
      endpoints: change(list, base),
    })),
  )

const everywhere =
  (json: Record<string, unknown>): Spoil =>
  (answer) => ({
    ...answer,
    json: { ...answer.json, ...json },
  })

/** Times in envelopes are so much off. */
export const clockOff =
  (milliseconds: number): Spoil =>
  (answer) => ({
    ...answer,
    json: { ...answer.json, timestamp: new Date(Date.now() + milliseconds).toISOString() },
  })

type Case = readonly [id: string, result: CheckResult, found: RegExp, spoil: Spoil]

// biome-ignore format: a table is read in columns
export const CASES: readonly Case[] = [
  ['wrong_token', 'fail', /made up is accepted/, (answer, _request, base) => answer.status === 401 ? { status: 200, headers: {}, json: { data: [{ version: '2.2.1', url: `${base}/2.2.1` }], status_code: 1000 } } : answer],
  ['wrong_token', 'warn', /HTTP 200, OCPI status code 2000: unknown token/, (answer) => (answer.status === 401 ? { ...answer, status: 200 } : answer)],
  ['token', 'fail', /HTTP 403/, (answer) => ({ ...answer, status: 403 })],
  ['token', 'fail', /HTTP 200 with 15 bytes \(text\/html\) and no OCPI envelope/, () => ({ status: 200, headers: { 'content-type': 'text/html' }, body: '<html>hi</html>' })],
  ['token', 'fail', /HTTP 302, a redirect to http:\/\/169\.254\.169\.254/, () => ({ status: 302, headers: { location: 'http://169.254.169.254/' }, body: '' })],
  ['token', 'fail', /larger than the hub takes/, () => ({ status: 200, headers: {}, body: ' '.repeat(2 * 1024 * 1024) })],
  ['token', 'fail', /no OCPI envelope/, () => ({ status: 200, headers: {}, body: '['.repeat(900_000) })],
  ['versions', 'fail', /no list/, at('/versions', withData(() => ({})))],
  ['versions', 'fail', /no version/, at('/versions', withData(() => [1, null]))],
  ['versions', 'fail', /2\.2\.1 is not absolute/, at('/versions', withData(() => [{ version: '2.2.1', url: '/2.2.1' }]))],
  ['versions', 'warn', /other entries/, at('/versions', withData((list: unknown[]) => [...list, { version: 3 }]))],
  ['mutual_version', 'fail', /none/, at('/versions', withData((_, base) => [{ version: '2.0', url: `${base}/2.0` }]))],
  ['details', 'fail', /no list of endpoints/, at('/2.2.1', withData(() => []))],
  ['details', 'fail', /2\.2\.1: HTTP 500/, at('/2.2.1', () => ({ status: 500, headers: {}, body: 'oops' }))],
  ['endpoint_urls', 'fail', /not absolute: 2\.2\.1 locations, which the hub leaves out/, endpoints((list) => list.map((one) => (one.identifier === 'locations' ? { ...one, url: '/l' } : one)))],
  ['endpoint_urls', 'fail', /not absolute: 2\.2\.1 without identifier,/, endpoints((list) => [...list, null])],
  ['endpoint_urls', 'warn', /no-such\.invalid: it/, endpoints((list) => [ ...list, { identifier: 'tariffs', role: 'RECEIVER', url: 'http://no-such.invalid/t' }, ])],
  ['endpoint_urls', 'fail', /an address or a scheme that the hub does not call: 2\.2\.1 tariffs$/, endpoints((list) => [ ...list, { identifier: 'tariffs', role: 'RECEIVER', url: 'http://10.1.2.3/t' }, ])],
  ['endpoint_urls', 'warn', /other hosts.*test\.example/, endpoints((list) => [ ...list, { identifier: 'tariffs', role: 'RECEIVER', url: 'http://test.example/t' }, ])],
  ['interfaces', 'fail', /no functional module/, endpoints((list) => list.filter(({ identifier }) => identifier === 'credentials'))],
  ['interfaces', 'fail', /without a role: .*tokens/, endpoints((list) => list.map(({ role: _role, ...one }) => one))],
  ['interfaces', 'warn', /RECEIVER none/, endpoints((list) => list.filter(({ role }) => role === 'SENDER'))],
  ['interfaces', 'warn', /twice: locations SENDER/, endpoints((list) => [...list, list[1]!])],
  ['credentials', 'fail', /none/, endpoints((list) => list.filter(({ identifier }) => identifier !== 'credentials'))],
  ['credentials', 'pass', /GET is answered HTTP 405/, at('/credentials', (answer) => ({ ...answer, status: 405, json: { status_code: 2000 } }))],
  ['credentials', 'warn', /no party/, at('/credentials', withData(() => 'x'))],
  ['lists', 'fail', /locations: data is no list; sessions, cdrs: 2 objects/, at('/locations', withData(() => ({})))],
  ['lists', 'warn', /cdrs: 2 objects after a redirect/, (answer, { path }, base) => path.endsWith('/cdrs') ? { status: 307, headers: { location: `${base}${path}/` }, body: '' } : answer],
  ['total_count', 'fail', /cdrs: no X-Total-Count/, at('/cdrs', withHeaders({ 'x-total-count': undefined }))],
  ['total_count', 'fail', /X-Total-Count is many/, at('/cdrs', withHeaders({ 'x-total-count': 'many' }))],
  ['total_count', 'fail', /1, but the page alone has 2/, at('/cdrs', withHeaders({ 'x-total-count': '1' }))],
  ['limit_header', 'warn', /cdrs: no X-Limit/, at('/cdrs', withHeaders({ 'x-limit': undefined }))],
  ['limit_header', 'fail', /X-Limit is 0/, at('/cdrs', withHeaders({ 'x-limit': '0' }))],
  ['limit', 'fail', /locations: 6 objects came for limit=2/, at('/locations', withData((list: unknown[]) => [...list, ...list, ...list]))],
  ['limit', 'warn', /1 of 5/, at('/locations', withData((list: unknown[]) => list.slice(0, 1)))],
  ['link', 'fail', /no Link, though 3 more/, at('/locations', withHeaders({ link: undefined }))],
  ['link', 'fail', /cannot be read/, at('/locations', withHeaders({ link: 'next' }))],
  ['link', 'warn', /relative/, at('/locations', withHeaders({ link: '</l?offset=2>; rel="next"' }))],
  ['link', 'warn', /another host: inner\.example/, at('/locations', withHeaders({ link: '<http://inner.example/l>; rel="next"' }))],
  ['link', 'warn', /last page/, at('/locations', withHeaders({ 'x-total-count': '2' }))],
  ['date_from', 'fail', /cdrs: 1 older objects/, at('/cdrs', withData(() => [{ last_updated: '2026-01-01T00:00:00Z' }]))],
  ['date_from', 'fail', /cdrs: HTTP 200, OCPI status code 2001/, at('/cdrs', (answer, { query }) => query.has('date_from') ? { ...answer, json: { status_code: 2001 } } : answer)],
  ['date_from', 'pass', /^[^;]*nothing from tomorrow on/, at('/cdrs', (answer, { query }) => query.has('date_from') && query.get('date_from')! > new Date().toISOString() ? { ...answer, json: { status_code: 1000, data: null } } : answer)],
  ['unknown_object', 'warn', /HTTP 200 with OCPI status code 2003/, (answer) => (answer.status === 404 ? { ...answer, status: 200 } : answer)],
  ['unknown_object', 'warn', /404 without/, (answer) => (answer.status === 404 ? { status: 404, headers: {}, body: 'nope' } : answer)],
  ['unknown_object', 'fail', /1xxx without data/, (answer) => answer.status === 404 ? { ...answer, status: 200, json: { status_code: 1000 } } : answer],
  ['unknown_object', 'fail', /HTTP 500/, (answer) => answer.status === 404 ? { status: 500, headers: {}, body: '<pre>stack</pre>' } : answer],
  ['envelope', 'warn', /no timestamp \(\d+ of \d+\)/, everywhere({ timestamp: undefined })],
  ['envelope', 'warn', /no DateTime/, everywhere({ timestamp: '2026-01-02T03:04:05+02:00' })],
  ['envelope', 'fail', /no status_code/, (answer) => (answer.status === 404 ? { ...answer, json: { error: 'x' } } : answer)],
  ['envelope', 'warn', /Content-Type/, withHeaders({ 'content-type': 'text/plain' })],
  ['ids', 'warn', /do not repeat/, withHeaders({ 'x-request-id': 'mine' })],
  ['routing_headers', 'warn', /not turned round/, withHeaders({ 'ocpi-to-party-id': 'XYZ' })],
  ['clock', 'warn', /timestamps (59|60|61) s behind/, clockOff(-60_000)],
  ['clock', 'fail', /timestamps 7(199|200|201) s ahead/, clockOff(7_200_000)],
]
