// ERRORS.md: the error tables as a page for integrators. Everything in it comes from the tables; only the words that
// lead through them are written here.

import { CATALOGUE, type CatalogueEntry } from '../dialects/catalogue.ts'
import { DIALECTS } from '../dialects/dialect.ts'
import { Fault } from '../faults/fault.ts'
import { faultAnswer } from '../faults/response.ts'
import { statusCode } from '../faults/status.ts'
import {
  FAULT_CODES,
  FAULTS,
  RECOVERIES,
  RECOVERY_WORDS,
  type FaultCode,
  type FaultRow,
  type Side,
} from '../faults/table.ts'

const SIDES: Readonly<Record<Side, string>> = {
  requester: 'the platform that sent the request',
  responder: 'the platform it was for',
  hub: 'the operator of this hub',
}

const REACHED_GROUPS: readonly (readonly [FaultRow['reached'], string, string])[] = [
  ['no', 'The responder never saw the request', 'Nothing was processed. Repeating cannot do anything twice.'],
  [
    'maybe',
    'The responder may have seen it',
    'GET the object before you repeat: OCPI knows no retries, and the first request may have worked.',
  ],
  [
    'yes',
    'The responder got it',
    'The request arrived and was answered, but the answer could not be passed on as it was.',
  ],
]

/** The whole page. */
export function errorsPage(): string {
  return [intro(), ...precedence(), ...faultSections(), ...versions(), ...ocpiCodes(), ...dialects()]
    .join('\n\n')
    .concat('\n')
}

function intro(): string {
  const example = JSON.parse(
    faultAnswer(new Fault('connection_refused'), { to: 'DE-CPO', reference: '01JCVZ4G6M5C8T3N0QXWB2R7KD' })
      .body,
  ) as Record<string, unknown>
  example.timestamp = '2026-01-31T09:00:00.000Z'
  return `# What the hub answers when something fails

<!-- Generated from src/faults/table.ts and src/dialects/ by "npm run docs". Change the tables, not this page. -->

\`ocpi-hub explain CODE\` prints any row of this page; \`ocpi-hub errors\` shows what happened.

## How to read an error

\`\`\`json
${JSON.stringify(example, null, 2)}
\`\`\`

1. **Is it the hub's?** An error with \`data.fault\` was found by the hub. Any other error was written by the responder and passed on byte by byte: see [OCPI status codes](#ocpi-status-codes), or ask the responder. A valid OCPI envelope always wins over the HTTP status it came with.
2. **Whose side must act?** \`data.at\`: ${list(SIDES)}.
3. **What now?** \`data.recovery\`, one of six words:
${RECOVERY_WORDS.map((word) => `   - \`${word}\`: ${RECOVERIES[word]}`).join('\n')}
4. **Tell your peer or the hub's operator** \`data.reference\`: it finds the exchange in the hub's journal, with every phase's time and the lower-level reason. Host names, addresses and tokens stand there and never in an answer.

The HTTP status is 200 whenever the request itself was in order: then it was the OCPI layer that failed. \`status_message\` is one sentence for people; programs read \`data.fault\`, whose names stay.`
}

function list(sides: Readonly<Record<Side, string>>): string {
  return (Object.keys(sides) as Side[]).map((side) => `\`${side}\` is ${sides[side]}`).join(', ')
}

function precedence(): string[] {
  const rows = FAULT_CODES.map((code) => {
    const { http, ocpi, at, reached, recovery, layer } = FAULTS[code]
    return [link(code), http, ocpi, at, reached, recovery, layer]
  })
  return [
    '## All faults, in order of precedence',
    'If several apply, the first of this list is returned. `reached` says whether the request arrived at the responder: it is read off the connection, not guessed. `layer` says where it showed.',
    table(['fault', 'HTTP', 'OCPI', 'at', 'reached', 'recovery', 'layer'], rows),
  ]
}

function link(code: FaultCode): string {
  return `[\`${code}\`](#${code})`
}

function faultSections(): string[] {
  return REACHED_GROUPS.flatMap(([reached, title, text]) => [
    `## ${title}`,
    text,
    ...FAULT_CODES.filter((code) => FAULTS[code].reached === reached).map(faultSection),
  ])
}

function faultSection(code: FaultCode): string {
  const { when, at, http, ocpi, recovery, advice } = FAULTS[code]
  const facts = `HTTP ${http}, OCPI ${ocpi}, at the ${at}.`
  const requester = `Requester, \`${recovery}\`: ${RECOVERIES[recovery]}.`
  const sides = at === 'requester' ? `${requester} ${advice}` : `${requester}\n${capital(at)}: ${advice}`
  return `### ${code}\n\n${capital(when)}. ${facts}\n\n${sides
    .split('\n')
    .map((line) => `- ${line}`)
    .join('\n')}`
}

function versions(): string[] {
  const toldAs = (ocpi: number) =>
    (['2.2.1', '2.2', '2.1.1', '2.0'] as const).map((version) => statusCode({ ocpi }, version))
  const rows = [...new Set(FAULT_CODES.map((code) => FAULTS[code].ocpi as number))]
    .toSorted((one, other) => one - other)
    .filter((ocpi) => toldAs(ocpi).some((told) => told !== ocpi))
    .map((ocpi) => [ocpi, ...toldAs(ocpi)])
  return [
    '## What requesters on older versions read',
    'Older versions of OCPI know fewer codes: 2.2 has no 4000, 2.1.1 has no 2004 and no hub codes, 2.0 no 2003 either. `data` and the HTTP status are the same for all, and so are all codes that are not listed here. This is about faults of the hub: a code that the responder answered is relayed as it is, and marked `code_unlisted` in the journal if the version of the requester does not list it.',
    table(['OCPI in the table above', '2.2.1, 2.3.0', '2.2', '2.1.1', '2.0'], rows),
  ]
}

function ocpiCodes(): string[] {
  return [
    '## OCPI status codes',
    'As the specification lists them. Without `data.fault` they come from the responder.',
    table(
      ['code', 'means', 'whose side', 'recovery', 'advice', 'in versions'],
      of('ocpi').map((row) => [
        row.code,
        row.meaning,
        row.at,
        row.recovery ?? '',
        row.advice,
        row.versions?.join(', ') ?? '',
      ]),
    ),
  ]
}

function dialects(): string[] {
  const names = Object.keys(DIALECTS) as (keyof typeof DIALECTS)[]
  return [
    '## Platforms that do not answer in OCPI',
    'The `errors:` setting of a platform names the format it answers in. The hub tells its errors in OCPI; the original stands in `data` (`dialect`, `code`, `message`, `details` …). An unknown code in a known form becomes 2000 (HTTP 4xx) or 3000 (HTTP 5xx).',
    ...names.flatMap((name) => [`### ${DIALECTS[name].title} (\`errors: ${name}\`)`, dialectTable(of(name))]),
  ]
}

function dialectTable(entries: readonly CatalogueEntry[]): string {
  const categories = entries.some(({ category }) => category !== undefined)
  return table(
    [
      'code',
      'HTTP',
      ...(categories ? ['category'] : []),
      'means',
      'becomes',
      'whose side',
      'recovery',
      'advice',
    ],
    entries.map((row) => {
      const name = row.slug === undefined ? row.code : `${row.slug}/${row.code}`
      return [
        `\`${name}\``,
        row.http ?? '',
        ...(categories ? [row.category ?? ''] : []),
        row.meaning,
        row.becomes ?? '',
        row.at,
        row.recovery ?? '',
        row.likely_cause === undefined ? row.advice : `${row.advice}; likely cause: ${row.likely_cause}`,
      ]
    }),
  )
}

function of(system: CatalogueEntry['system']): CatalogueEntry[] {
  return CATALOGUE.filter((entry) => entry.system === system)
}

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]) =>
    `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
