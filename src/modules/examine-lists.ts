// Checks of the lists a party owns: one page of each, its paging headers, and what its filters do (R68, R69).

import { counted } from '../journal/text.ts'
import { joinPath, readTarget } from '../ocpi/endpoint.ts'
import { moduleKey, moduleRow } from '../ocpi/module.ts'
import { readDateTime } from '../ocpi/page.ts'
import { VERSIONS } from '../ocpi/version.ts'
import { readLinkHeader } from '../links/link-header.ts'
import {
  type Check,
  dataOf,
  describeReply,
  fail,
  type Finding,
  groupOf,
  isGood,
  type ListedEndpoint,
  type ListSample,
  member,
  pass,
  type Scene,
  shown,
  skip,
  warn,
} from './examine-scene.ts'
import { isSecure } from './examine-connection.ts'
import { readParty } from './examine-versions.ts'

const LISTS_MAX = 12
const LIMIT = 2
const DAY_MS = 86_400_000
/** OCPI 2.2.1 §9.2.1: the list of sessions needs a date_from. */
const NEEDS_DATE: ReadonlySet<string> = new Set(['sessions'])
const SINCE_MS = 30 * DAY_MS

export const LIST_CHECKS: readonly Check[] = [
  { id: 'lists', title: 'Lists are answered', needs: 'endpoints', run: checkLists },
  each('total_count', 'Lists tell X-Total-Count', totalCount),
  each('limit_header', 'Lists tell X-Limit', limitHeader),
  each('limit', 'limit is honoured', limitHonoured),
  each('link', 'Link leads to the next page', link),
  { id: 'date_from', title: 'date_from is honoured', needs: 'lists', run: checkDateFrom },
]

/** SENDER endpoints of the newest version that are lists. */
function listEndpoints({
  endpoints,
  version,
}: Scene): (ListedEndpoint & { module: string; address: string })[] {
  return endpoints
    .flatMap((endpoint) => {
      const { identifier, url, role } = endpoint
      if (endpoint.version !== version || typeof identifier !== 'string' || typeof url !== 'string') return []
      // Up to 2.1.1 there are no roles: it is a list if it answers like one.
      const isSender = role === 'SENDER' || !VERSIONS[version].routed
      const isList = moduleRow(identifier).lists?.includes('') === true
      return isSender && isList && readTarget(url) ? [{ ...endpoint, module: identifier, address: url }] : []
    })
    .slice(0, LISTS_MAX)
}

function withQuery(url: string, query: string): string {
  const target = readTarget(url)!
  return target.origin + joinPath(target, '', query)
}

async function checkLists(scene: Scene): Promise<Finding> {
  const endpoints = listEndpoints(scene)
  if (endpoints.length === 0) return skip('there is no SENDER interface of a module that has a list')
  const told: [string, string][] = []
  const wrong: { name: string; found: string; advice: string }[] = []
  for (const { module, address } of endpoints) {
    const since = NEEDS_DATE.has(moduleKey(module)) ? `&date_from=${dateTime(Date.now() - SINCE_MS)}` : ''
    const url = withQuery(address, `?limit=${LIMIT}${since}`)
    const reply = await scene.ask(url, { routed: true })
    // An empty list may be null or left out (R112).
    const data = dataOf(reply) ?? []
    if (!isGood(reply) || !Array.isArray(data)) {
      const { found, advice } = isGood(reply)
        ? { found: 'data is no list', advice: 'Answer the objects as a list in data.' }
        : describeReply(reply)
      wrong.push({ name: shown(module), found, advice })
      continue
    }
    scene.to ??= readParty(data[0])
    scene.lists.push({ module, address, url, reply, items: data })
    scene.grounds.add('lists')
    told.push([shown(module), counted(data.length, 'object') + (reply.redirected ? ' after a redirect' : '')])
  }
  if (wrong.length === 0 && scene.lists.some(({ reply }) => reply.redirected)) {
    return warn(
      groupOf(told),
      'List URLs with the slash at the end that your routes have: each request is sent twice.',
    )
  }
  if (wrong.length === 0) return pass(groupOf(told))
  const problems = wrong.map(({ name, found }) => [name, found] as const)
  return fail(groupOf([...problems, ...told]), wrong[0]!.advice)
}

/** What one list shows; without `result` it tells nothing. */
type Verdict = Partial<Finding> & { readonly found: string }

/** A check that looks at every list and gives the worst of what it sees. */
function each(id: string, title: string, judge: (sample: ListSample) => Verdict): Check {
  return {
    id,
    title,
    needs: 'lists',
    run: ({ lists }) => worst(lists.map((sample) => [sample.module, judge(sample)] as const)),
  }
}

const SEVERITY = ['fail', 'warn', 'pass'] as const

function worst(verdicts: readonly (readonly [module: string, verdict: Verdict])[]): Finding {
  for (const result of SEVERITY) {
    const same = verdicts.filter(([, verdict]) => verdict.result === result)
    if (same.length === 0) continue
    const found = groupOf(same.map(([module, verdict]) => [shown(module), verdict.found]))
    const advice = same[0]![1].advice
    return { result, found, ...(advice === undefined ? {} : { advice }) }
  }
  return skip(groupOf(verdicts.map(([module, { found }]) => [shown(module), found])))
}

function totalCount({ reply, items }: ListSample): Verdict {
  const total = readNumber(reply.headers['x-total-count'])
  const advice = 'Send X-Total-Count: the number of all objects that fit the filters, on every page.'
  if (reply.headers['x-total-count'] === undefined) return fail('no X-Total-Count', advice)
  if (total === undefined) return fail(`X-Total-Count is ${shown(reply.headers['x-total-count'])}`, advice)
  if (total < items.length) return fail(`${total}, but the page alone has ${items.length}`, advice)
  return pass(String(total))
}

function limitHeader({ reply }: ListSample): Verdict {
  const text = reply.headers['x-limit']
  const advice = 'Send X-Limit: the most objects that one page can have.'
  if (text === undefined) return warn('no X-Limit', advice)
  const limit = readNumber(text)
  return limit === undefined || limit < 1 ? fail(`X-Limit is ${shown(text)}`, advice) : pass(text)
}

function limitHonoured({ reply, items }: ListSample): Verdict {
  if (items.length > LIMIT) {
    return fail(
      `${items.length} objects came for limit=${LIMIT}`,
      'Give at most as many objects as limit asks for.',
    )
  }
  const total = readNumber(reply.headers['x-total-count'])
  if (items.length === LIMIT) return pass(`${items.length} for limit=${LIMIT}`)
  if (total === undefined || total <= items.length) return { found: `only ${items.length} there` }
  return warn(
    `${items.length} of ${total} for limit=${LIMIT}`,
    'Fill the pages: fewer objects than asked for cost the other side more requests.',
  )
}

function link({ reply, items, url }: ListSample): Verdict {
  const text = reply.headers.link
  const total = readNumber(reply.headers['x-total-count'])
  const hasMore = total !== undefined && total > items.length
  const advice = 'On every page but the last send Link: <absolute URL of the next page>; rel="next".'
  if (text === undefined) {
    if (hasMore)
      return fail(
        `no Link, though ${counted(total - items.length, 'more object')} ${total - items.length === 1 ? 'is' : 'are'} there`,
        advice,
      )
    return { found: 'one page is all' }
  }
  const { targets, broken } = readLinkHeader([text], url)
  const next = targets.find(({ rel }) => rel.split(' ').includes('next'))
  if (broken || !next) return fail(`Link cannot be read: ${shown(text)}`, advice)
  if (!hasMore && total !== undefined)
    return warn('a Link on the last page', 'Leave Link out on the last page.')
  if (!/^[^<]*<\s*https?:/i.test(text)) return warn(`Link is relative: ${shown(text)}`, advice)
  if (isSecure(url) && !isSecure(next.url)) return fail('Link leads to plain http', advice)
  if (new URL(next.url).host !== new URL(url).host) {
    return warn(`Link leads to another host: ${shown(new URL(next.url).host)}`, advice)
  }
  return pass('absolute')
}

/** Asks for what changed from tomorrow on: that is nothing. */
async function checkDateFrom(scene: Scene): Promise<Finding> {
  const from = Date.now() + DAY_MS
  const verdicts: [string, Verdict][] = []
  for (const { module, address, items } of scene.lists) {
    if (items.length === 0) {
      verdicts.push([module, { found: 'it is empty' }])
      continue
    }
    const url = withQuery(address, `?limit=${LIMIT}&date_from=${dateTime(from)}`)
    const reply = await scene.ask(url, { routed: true })
    const data = dataOf(reply) ?? []
    if (!isGood(reply) || !Array.isArray(data)) {
      const { found, advice } = describeReply(reply)
      verdicts.push([module, fail(found, advice)])
      continue
    }
    const older = data.filter((item) => isBefore(item, from)).length
    verdicts.push([
      module,
      older === 0
        ? pass('nothing from tomorrow on')
        : fail(
            `${older} older objects came for a date_from of tomorrow`,
            'Give only objects whose last_updated is date_from or later: without it everything is read each time.',
          ),
    ])
  }
  return worst(verdicts)
}

function isBefore(item: unknown, time: number): boolean {
  const text = member(item, 'last_updated')
  const updated = typeof text === 'string' ? (readDateTime(text) ?? Date.parse(text)) : Number.NaN
  return !(updated >= time)
}

/** As every implementation can read it: UTC, whole seconds. */
function dateTime(time: number): string {
  return new Date(time).toISOString().replace(/\.\d+Z$/, 'Z')
}

function readNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,12}$/.test(text.trim()) ? Number(text) : undefined
}
