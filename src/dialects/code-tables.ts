// The catalogue's codes as Markdown, for ERRORS.md: OCPI's per version, then those of each dialect and what a
// requester reads for them.

import { VERSIONS } from '../ocpi/version.ts'
import { CATALOGUE, type CatalogueEntry } from './catalogue.ts'
import { DIALECTS } from './dialect.ts'

const VERSIONS_COUNT = Object.keys(VERSIONS).length

/** Sections of level two, one per system, each with one table; the hub's own faults are rendered elsewhere. */
export function renderCodeTables(): string {
  const dialects = (Object.keys(DIALECTS) as (keyof typeof DIALECTS)[]).map((system) => {
    const { title } = DIALECTS[system]
    return section(`\`errors: ${system}\` (${title})`, DIALECT_COLUMNS, entriesOf(system))
  })
  return [section('OCPI status codes', OCPI_COLUMNS, entriesOf('ocpi')), ...dialects].join('\n')
}

type Column = readonly [title: string, cell: (entry: CatalogueEntry) => string]

const OCPI_COLUMNS: readonly Column[] = [
  ['code', ({ code }) => `\`${code}\``],
  ['meaning', ({ meaning }) => meaning],
  ['at', ({ at }) => at],
  ['recovery', ({ recovery }) => recovery ?? ''],
  ['advice', ({ advice }) => advice],
  ['versions', ({ versions = [] }) => (versions.length === VERSIONS_COUNT ? 'all' : versions.join(', '))],
]

const DIALECT_COLUMNS: readonly Column[] = [
  ['code', ({ code, slug }) => (slug === undefined ? `\`${code}\`` : `\`${slug}\` / \`${code}\``)],
  ['HTTP', ({ http }) => String(http)],
  ['meaning', ({ meaning }) => meaning],
  ['becomes', ({ becomes = '' }) => becomes],
  ['at', ({ at }) => at],
  ['recovery', ({ recovery }) => recovery ?? ''],
  ['its own advice', ({ advice }) => advice],
]

function entriesOf(system: CatalogueEntry['system']): CatalogueEntry[] {
  return CATALOGUE.filter((entry) => entry.system === system)
}

function section(title: string, columns: readonly Column[], entries: readonly CatalogueEntry[]): string {
  const rows = entries.map((entry) => line(columns.map(([, cell]) => cell(entry))))
  return [
    `## ${title}`,
    '',
    line(columns.map(([head]) => head)),
    line(columns.map(() => '---')),
    ...rows,
    '',
  ].join('\n')
}

function line(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}
