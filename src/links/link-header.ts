// The Link header of a list (R69, R70) in every form of RFC 8288, and in the broken forms that can still be read
// in one way only. Links of paging become hub URLs; all others are dropped, because they would show a party's host.

import { absoluteUrl, resolveUrl } from './party-url.ts'

/** `rel` = one or more of next, prev, first, last, parted by blanks; `url` absolute. */
export interface PageLink {
  readonly rel: string
  readonly url: string
}

export interface PageLinks {
  readonly targets: readonly PageLink[]
  /**
   * The header speaks of a next page, but not of which. The answer must become a fault: without its Link the
   * list would seem to end here, and the rest be lost in silence.
   */
  readonly broken: boolean
}

/**
 * Reads all `Link` header values of an answer; `base` is the URL of the request the hub made.
 * A text that cannot be read is passed over unless it has the word `next` in it. Never throws.
 */
export function readLinkHeader(values: readonly string[], base: string): PageLinks {
  const targets: PageLink[] = []
  let broken = false
  for (const value of values) {
    const { links, lost } = readLinkValues(value)
    if (/next/i.test(lost)) broken = true
    for (const link of links) {
      const words = (link.rel ?? '').toLowerCase().split(/[\t ]+/)
      const paging = PAGING.filter((rel) => words.includes(rel))
      const url = paging.length > 0 && isAboutThisPage(link, base) ? resolveUrl(link.target, base) : undefined
      if (url !== undefined) targets.push({ rel: paging.join(' '), url })
      else if (words.some(meansNext)) broken = true
    }
  }
  if (targets.length > TARGETS_MAX) return { targets: [], broken: true }
  return { targets, broken }
}

/** One `Link` header value for these links, or `undefined` for none. */
export function writeLinkHeader(targets: readonly PageLink[]): string | undefined {
  if (targets.length === 0) return undefined
  return targets.map(({ rel, url }) => `<${url}>; rel="${rel}"`).join(', ')
}

const PAGING = ['next', 'prev', 'first', 'last'] as const
// Each target costs a write to the store; a list has one link of each relation.
const TARGETS_MAX = 8

interface LinkValue {
  readonly target: string
  rel?: string
  anchor?: string
}

/** A relation type that is or was meant to be `next`; an extension type (a URI) that ends in `next` is another one. */
function meansNext(word: string): boolean {
  return word.includes('next') && !word.includes(':')
}

/** RFC 8288 §3.2: a link with an anchor speaks of the anchor; ours speak of the page that was asked for. */
function isAboutThisPage(link: LinkValue, base: string): boolean {
  return !link.anchor || resolveUrl(link.anchor, base) === absoluteUrl(base)
}

/** Passes over what the pattern matches here; gives the match and its groups, empty strings for none. */
type Take = (pattern: RegExp) => readonly [whole: string, inner: string, end: string]

// Sticky: each is tried at the place the reader has come to.
const SEPARATORS = /[\t ,]*/y
const BEFORE_LINK = /[^<"]+/y
const PARAMETER_GAP = /[\t ;]*/y
const NAME = /[^\t =;,<"]*/y
const EQUALS = /[\t ]*=[\t ]*/y
const QUOTED = /"((?:[^"\\]|\\.)*)("?)/y
const BARE = /[^;,<"]*/y

/** The links of one header value, and all text that was not understood (RFC 8288 appendix B, made to recover). */
function readLinkValues(text: string): { links: LinkValue[]; lost: string } {
  const links: LinkValue[] = []
  let lost = ''
  let position = 0
  const take: Take = (pattern) => {
    pattern.lastIndex = position
    const [whole = '', inner = '', end = ''] = pattern.exec(text) ?? []
    position += whole.length
    return [whole, inner, end]
  }
  for (take(SEPARATORS); position < text.length; take(SEPARATORS)) {
    if (text[position] !== '<') lost += take(BEFORE_LINK)[0]
    const close = text[position] === '<' ? text.indexOf('>', position) : -1
    if (close < 0) return { links, lost: lost + text.slice(position) }
    const link: LinkValue = { target: text.slice(position + 1, close) }
    // No URL has a bracket in it: an earlier one was never closed, and what followed it is in here.
    if (link.target.includes('<')) lost += link.target
    position = close + 1
    lost += readParameters(link, take, () => text[position])
    links.push(link)
  }
  return { links, lost }
}

/**
 * Reads `; name=value` pairs up to the end of the link into `link`; a missing semicolon is forgiven.
 * Of several `rel` the first counts (RFC 8288 §3.3). Gives the text it did not understand, which in a link
 * without `rel` is all of it.
 */
function readParameters(link: LinkValue, take: Take, peek: () => string | undefined): string {
  let lost = ''
  let all = ''
  for (take(PARAMETER_GAP); !END.has(peek()); take(PARAMETER_GAP)) {
    const name = take(NAME)[0].toLowerCase()
    const hasValue = take(EQUALS)[0] !== '' || name === ''
    const { value, closed } = hasValue ? readValue(take, peek) : { value: '', closed: true }
    if (name === 'rel') link.rel ??= value
    else if (name === 'anchor') link.anchor ??= value
    // A value cut off at the end of the header may have swallowed other links, unless it is but relation words.
    if (name === '' || (!closed && !(name === 'rel' && /^[a-z\t ]*$/i.test(value)))) lost += value
    // `; next` is nobody's parameter.
    if (name === 'next') lost += name
    all += `${name} ${value} `
  }
  return link.rel === undefined ? all : lost
}

function readValue(take: Take, peek: () => string | undefined): { value: string; closed: boolean } {
  if (peek() === '"') {
    const [, inner, end] = take(QUOTED)
    return { value: inner.replace(/\\(.)/g, '$1'), closed: end !== '' }
  }
  const bare = take(BARE)[0].trim()
  return { value: bare.replace(/^'(.*)'$/, '$1'), closed: true }
}

const END: ReadonlySet<string | undefined> = new Set([undefined, ',', '<'])
