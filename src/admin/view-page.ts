// A partner's view as one HTML page without script: it loads nothing, so that a policy that allows nothing but its own
// style holds. Everything that came from outside is escaped.

import { createHash } from 'node:crypto'
import type { ViewData, ViewError } from './view-data.ts'

const STYLE = `
:root {
  color-scheme: light dark;
  --page: #fff; --text: #17212c; --line: #d5dbe2; --quiet: #566373; --bad: #b3261e;
}
@media (prefers-color-scheme: dark) {
  :root { --page: #10161d; --text: #e3e9f0; --line: #33404e; --quiet: #98a6b6; --bad: #ff8f85; }
}
body { background: var(--page); color: var(--text); }
body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 72rem; padding: 1rem; }
h1 { font-size: 1.4rem; overflow-wrap: anywhere; } h2 { font-size: 1.1rem; margin-top: 2rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid var(--line); padding: .4rem .6rem; text-align: left; vertical-align: top; }
td.when { white-space: nowrap; }
code, .id { font: 13px ui-monospace, monospace; overflow-wrap: anywhere; }
.quiet { color: var(--quiet); } .you { color: var(--bad); font-weight: 600; }
@media (max-width: 40rem) {
  thead { display: none; }
  tr { border-bottom: 1px solid var(--line); display: block; padding: .5rem 0; }
  td { border: 0; display: block; padding: .1rem 0; }
  td::before { color: var(--quiet); content: attr(data-label); display: block; font-size: .8rem; }
}
`

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64')

/** Headers of the page: it loads and runs nothing, is kept nowhere, and its address is told to nobody. */
export const VIEW_HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'Cache-Control': 'no-store',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Robots-Tag': 'noindex, nofollow',
}

/** The page; `expires` in milliseconds since the epoch. */
export function writeViewPage(data: ViewData, expires: number): string {
  const ends = new Date(expires).toISOString()
  return page(
    `${data.platform} at ${data.hub}`,
    `<h1>${escape(data.platform)} <span class="quiet">at ${escape(data.hub)}</span></h1>
<p>Your connection is <strong>${escape(data.status)}</strong>. As of ${escape(data.generated)}; this link ends ${ends}. All times are UTC.</p>
${section('Parties', ['Party', 'Role', 'Status'], data.parties, ({ address, role, status }) => [address, role, status], 'No parties yet.')}
${section('Missed pushes', ['Party', 'Module', 'From', 'Count', 'First', 'Last', 'Objects'], data.missed, (one) => [one.party, one.module, one.from, String(one.count), one.first, one.last, one.paths.join(' ')], 'Nothing was missed.', 'Read the list of the module from that party, through the hub, and they are gone from here.')}
${errors(data.errors)}
${section('Status', ['Since', 'Status'], data.history, ({ time, status }) => [time, status], 'No change of status is known.')}`,
  )
}

/** The page of a link that is good while the hub cannot read what it shows. */
export function writeBusyPage(): string {
  return page(
    'Not available now',
    '<h1>Not available now</h1><p>The hub cannot read this view at the moment. The link is good: load it again in some minutes.</p>',
  )
}

/** The page of a link that is none, or none any more. */
export function writeGonePage(): string {
  return page(
    'This link has ended',
    '<h1>This link has ended</h1><p>It is not valid, or not any more. Ask the operator of the hub for a new one.</p>',
  )
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escape(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`
}

function section<Item>(
  title: string,
  columns: readonly string[],
  items: readonly Item[],
  cells: (item: Item) => readonly string[],
  none: string,
  hint?: string,
): string {
  const head = `<h2>${title}</h2>`
  if (items.length === 0) return `${head}<p class="quiet">${none}</p>`
  const rows = items.map((item) => cells(item).map(escape))
  return `${head}${hint === undefined ? '' : `<p>${hint}</p>`}${table(columns, rows)}`
}

function errors(items: readonly ViewError[]): string {
  const head = '<h2>Errors</h2>'
  if (items.length === 0) return `${head}<p class="quiet">No errors are known.</p>`
  return head + table(['Time', 'Request', 'Answer', 'Who must act', 'Ids'], items.map(errorRow))
}

const ANSWERED_BY: Readonly<Record<ViewError['author'], string>> = {
  you: 'your own answer',
  other: 'answered by the other party',
  hub: 'answered by the hub',
}

/** The cells of its row. */
function errorRow(error: ViewError): readonly string[] {
  const { time, side, from = '?', to = '?', method, module = '', path, http_status: http, code } = error
  const asked = side === 'requester' ? 'you asked' : 'you were asked'
  const what = error.fault ?? ANSWERED_BY[error.author]
  const ids = [
    ['reference', error.reference],
    ['X-Request-ID', side === 'responder' ? (error.forwarded_request_id ?? '') : error.request_id],
    ['X-Correlation-ID', error.correlation_id],
  ].filter(([, value]) => value !== '')
  return [
    escape(time),
    `${escape(from)} → ${escape(to)} <span class="quiet">${asked}</span><br>${escape(method)} ${escape(module)}<br><code>${escape(path)}</code>`,
    `${code} <span class="quiet">HTTP ${http}</span><br>${escape(what)}<br><bdi>${escape(error.message ?? '')}</bdi>`,
    actText(error),
    ids
      .map(([name, value]) => `<span class="quiet">${name}</span> <span class="id">${escape(value!)}</span>`)
      .join('<br>'),
  ]
}

function actText({ act, advice, reached }: ViewError): string {
  const arrived = reached === undefined ? '' : `<br><span class="quiet">arrived: ${escape(reached)}</span>`
  if (act === 'you')
    return `<span class="you">you</span>${advice === undefined ? '' : `<br>${escape(advice)}`}${arrived}`
  return `${act === 'hub' ? 'the hub' : act === 'other' ? 'the other party' : ''}${arrived}`
}

/** `rows`: the cells of each, as HTML. */
function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const head = columns.map((name) => `<th scope="col">${name}</th>`).join('')
  const body = rows.map((cells) => row(columns, cells)).join('\n')
  return `<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`
}

function row(columns: readonly string[], cells: readonly string[]): string {
  // On a phone each cell stands under the name of its column.
  const all = cells.map(
    (cell, index) => `<td${index === 0 ? ' class="when"' : ''} data-label="${columns[index]}">${cell}</td>`,
  )
  return `<tr>${all.join('')}</tr>`
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!)
}
