// Puts hub URLs in the place of a party's own, in the four places where OCPI carries one: list pages, stored CDRs,
// and response_url in bodies and queries (hub-requirements §2.11). No URL or host of one party reaches another.

import { Fault } from '../faults/fault.ts'
import type { Exchange } from '../journal/exchange.ts'
import {
  CALLBACK_LIFE_MS,
  callbackLifeMs,
  linkInterface,
  linkUrl,
  PAGE_LIFE_MS,
  pagePlace,
} from '../links/hub-url.ts'
import { readLinkHeader, writeLinkHeader } from '../links/link-header.ts'
import { type Link, linkId, type LinkPurpose, type LinkStore } from '../links/links.ts'
import { resolveLocation } from '../links/party-url.ts'
import { findQueryResponseUrl, replaceQueryResponseUrl } from '../links/response-query.ts'
import { findResponseUrl, type FoundUrl, replaceResponseUrl } from '../links/response-url.ts'
import { datesOf } from '../ocpi/page.ts'
import { partyKey } from '../ocpi/party.ts'
import type { VersionNumber } from '../ocpi/version.ts'
import { withMembers } from '../ocpi/with-members.ts'
import type { Route } from '../routing/decide.ts'
import type { Message } from '../routing/message.ts'
import type { Translate } from './direct.ts'

export interface TranslateParts {
  readonly store: LinkStore
  /** Key of the link ids. */
  readonly key: Buffer
  /** Base of every URL the hub hands out. */
  readonly publicUrl: string
  /** Whether the hub may call a URL as it is written. */
  readonly allowsUrl: (url: URL) => boolean
  /** Versions the hub offers: its URLs are of one of them. */
  readonly versions: readonly VersionNumber[]
  readonly now?: () => number
}

/** Whether the answer may name the URL of what the responder has stored (R82). */
function storesObject({ row, method, interface: side }: Message): boolean {
  return row.location === true && method === 'POST' && side === 'RECEIVER'
}

function refused(why: string): Fault {
  return new Fault('http_request_error', { message: `response_url ${why}`, httpStatus: 200 })
}

/** Builds the translation over a link store. Its calls throw `store_unavailable` when a link cannot be kept. */
export function createTranslate(parts: TranslateParts): Translate {
  const { store, key, publicUrl, allowsUrl, versions, now = Date.now } = parts

  async function keep(link: Link, version: VersionNumber, lifeMs: number | undefined): Promise<string> {
    const id = linkId(link, key)
    await store.put(id, link, lifeMs)
    return linkUrl(publicUrl, version, link, id)
  }

  /** A link on which the requester calls back the URL of the responder. */
  function toResponder(
    purpose: LinkPurpose,
    url: string,
    message: Message,
    route: Route,
    exchange: Exchange,
  ): Link {
    return {
      purpose,
      caller: exchange.requester!,
      owner: route.party.connection.platform.id,
      url,
      module: message.module,
      interface: linkInterface(purpose, message.interface),
      from: partyKey(route.from),
      to: route.addressed,
      correlationId: exchange.correlationId,
    }
  }

  /** The hub URL for a requester's response_url: called by the responder, delivered to the requester (R75, R80). */
  function callbackUrl(found: FoundUrl, message: Message, route: Route, exchange: Exchange): Promise<string> {
    if (found.url === undefined) throw refused('is not an absolute http(s) URL')
    // Now, while somebody waits who can mend it: the result that cannot be delivered comes later, to the responder.
    if (!allowsUrl(new URL(found.url))) throw refused('has a scheme or an address that the hub must not call')
    const { platform } = route.party.connection
    const link: Link = {
      purpose: 'callback',
      caller: platform.id,
      owner: exchange.requester!,
      url: found.url,
      module: message.module,
      interface: linkInterface('callback', message.interface),
      from: route.addressed,
      to: partyKey(route.from),
      correlationId: exchange.correlationId,
    }
    const command = message.rest.split('/')[1] ?? ''
    const lifeMs = message.body ? callbackLifeMs(command, message.body, now()) : CALLBACK_LIFE_MS
    const own = platform.version
    return keep(link, own !== undefined && versions.includes(own) ? own : message.version, lifeMs)
  }

  async function pages(
    value: string[],
    base: string,
    message: Message,
    route: Route,
    exchange: Exchange,
  ): Promise<string | undefined> {
    const { targets, broken } = readLinkHeader(value, base)
    if (broken)
      throw new Fault('answer_not_ocpi', { what: 'answered with a Link header that names no next page' })
    const listQuery = message.listQuery ?? datesOf(message.query)
    const dates = listQuery === undefined ? undefined : { listQuery }
    const replaced = await Promise.all(
      targets.map(async ({ rel, url }) => {
        const link = withMembers(toResponder('page', url, message, route, exchange), dates)
        return { rel, url: (await keep(link, message.version, PAGE_LIFE_MS)) + pagePlace(url) }
      }),
    )
    return writeLinkHeader(replaced)
  }

  return {
    async request(message, route, exchange) {
      const inBody = message.body ? findResponseUrl(message.body) : undefined
      const inQuery = message.query === '' ? undefined : findQueryResponseUrl(message.query)
      return {
        body: inBody
          ? replaceResponseUrl(
              message.body!,
              inBody.spans,
              await callbackUrl(inBody, message, route, exchange),
            )
          : message.body,
        query: inQuery
          ? replaceQueryResponseUrl(
              message.query,
              inQuery.spans,
              await callbackUrl(inQuery, message, route, exchange),
            )
          : message.query,
      }
    },
    async answer(headers, message, route, exchange, requestUrl) {
      const links: string[] = []
      const kept: string[] = []
      let location: string | undefined
      for (let index = 0; index < headers.length; index += 2) {
        const name = headers[index]!.toLowerCase()
        if (name === 'link') links.push(headers[index + 1]!)
        else if (name === 'location') location = storesObject(message) ? headers[index + 1] : undefined
        else kept.push(headers[index]!, headers[index + 1]!)
      }
      const link = links.length > 0 ? await pages(links, requestUrl, message, route, exchange) : undefined
      if (link !== undefined) kept.push('Link', link)
      const stored = location === undefined ? undefined : resolveLocation(location, requestUrl)
      if (stored !== undefined) {
        const hubUrl = await keep(
          toResponder('location', stored, message, route, exchange),
          message.version,
          undefined,
        )
          // What was stored is stored: failing now would only make the requester send it twice.
          .catch((error: unknown) => {
            exchange.detail = `the Location is lost: ${error instanceof Fault ? error.code : 'unknown failure'}`
          })
        if (hubUrl !== undefined) kept.push('Location', hubUrl)
      }
      return kept
    },
  }
}
