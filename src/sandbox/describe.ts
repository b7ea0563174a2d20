// The sandbox told to people: lines for a terminal, the platforms as YAML for a hub's configuration, and the page
// docs/sandbox.md. All of it follows from the table of parties.

import { Document, visit } from 'yaml'
import { DIALECTS } from '../dialects/dialect.ts'
import { OCPI_CODES } from '../dialects/ocpi.ts'
import { partyKey } from '../ocpi/party.ts'
import { writeAuthorization } from '../ocpi/token.ts'
import { SUCCESS } from './dialect-codes.ts'
import { RECEIVED_PATH } from './listener.ts'
import { PAGE_LIMIT_MAX } from './lists.ts'
import { UNKNOWN_WITH_200 } from './owned.ts'
import { SANDBOX_PARTIES } from './parties.ts'
import type { SandboxParty } from './party.ts'
import {
  CLOSED_PORT,
  inboundToken,
  SANDBOX_HOST,
  SANDBOX_PORT,
  toOrigin,
  type SandboxPlatform,
} from './platform.ts'
import type { Sandbox } from './sandbox.ts'

/** One line per party: who, where, what it does, and below it what to try. */
export function describeSandbox({ parties }: Pick<Sandbox, 'parties'>): string {
  const width = Math.max(...parties.map(({ address }) => address.length))
  return parties
    .map(
      ({ party, address, what, try: example }) =>
        `${party}  ${address.padEnd(width)}  ${what}\n        ${example}`,
    )
    .join('\n')
}

/** The platforms as YAML, a list indented so that it stands below `platforms:` of a hub's configuration file. */
export function renderSandboxPlatforms(platforms: readonly SandboxPlatform[]): string {
  const entries = platforms.map(({ id, version, tokens, versionsUrl, endpoints, roles, status, errors }) => ({
    id,
    version,
    tokens,
    versions_url: versionsUrl,
    endpoints,
    roles: roles.map(({ countryCode, partyId, ...role }) => ({
      country_code: countryCode,
      party_id: partyId,
      ...role,
    })),
    status,
    errors,
  }))
  const document = new Document(entries)
  visit(document, {
    // One line for each endpoint and each role, as in the shipped files.
    Map: (_key, map, path) => {
      if (path.length > 2) map.flow = true
    },
  })
  return document.toString({ lineWidth: 0 }).replace(/^(?=.)/gm, '  ')
}

/** docs/sandbox.md: the same text at every call, with the addresses the parties have by default. */
export function renderSandboxPage(): string {
  return `${[INTRODUCTION, partyTable(), ...SECTIONS, dialectTable()].join('\n\n')}\n`
}

const CALLER = SANDBOX_PARTIES[0]!

const INTRODUCTION = `# The sandbox

Simulated parties that are connected to the hub when \`sandbox: true\` stands in its configuration, as it does in
\`config/hub.yaml\`. They live in the hub's process but are reached over real HTTP, so that what they do wrong is what
a party on the network does wrong. \`ocpi-hub sandbox\` runs them alone; with \`--platforms\` it prints them as
\`platforms:\` for another hub.

Their tokens are known to everybody: keep hub and sandbox on loopback.

This page is generated; \`npm run docs\` writes it.

## Calling

Call the hub as ${partyKey(CALLER)}, whose token is \`${inboundToken(CALLER)}\`:

\`\`\`sh
curl 'http://localhost:8080/ocpi/2.2.1/sender/locations?limit=2' \\
  -H 'Authorization: ${writeAuthorization(inboundToken(CALLER), 'base64')}' \\
  -H 'OCPI-to-country-code: DE' -H 'OCPI-to-party-id: CPO'
\`\`\`

Every party shows the hub \`sandbox-{party}\` and is shown \`hub-to-{party}\`, both in lower case: \`sandbox-de-cpo\`,
\`hub-to-de-cpo\`. In the header they stand in Base64. A party on ${otherVersion()} is called below \`/ocpi/${otherVersion()}/\`.`

const SECTIONS = [
  `**What it answers** is the status code at the requester, and the fault where the hub is its author. DE-NON is nobody:
4001 \`to_unknown\`. A party that cannot be reached several times in a row becomes OFFLINE (4003 \`to_not_connected\`), as
any party does; in a hub's own sandbox those that always fail show a sign of life every few seconds, which brings
them back.`,
  `## The sound parties

- Lists come in pages of at most ${PAGE_LIMIT_MAX}, with \`X-Total-Count\`, \`X-Limit\` and \`Link\`; \`date_from\`, \`date_to\`,
  \`offset\` and \`limit\` are heeded. Objects are the same at every start, one hour of 2025 apart: \`LOC0001\`, \`LOC0002\` …
- \`sender/locations/{location}/{evse}/{connector}\` gives one object. An unknown location is 2003 with HTTP 404,
  \`${UNKNOWN_WITH_200}\` is 2003 with HTTP 200.
- \`sender/tokens/{token}/authorize\` answers ALLOWED, for every tenth token (\`TOK0010\` …) BLOCKED, for others 2004.
- What is pushed to a RECEIVER interface is kept and given back until the sandbox ends; \`POST\` of a CDR answers 201 and
  \`Location\`.
- Commands and charging profiles are ACCEPTED at once, the result comes to \`response_url\` a moment later; a
  reservation is called off after it, on the same URL. An unknown command is answered 2000.
- \`GET {address}${RECEIVED_PATH}\`, at the party itself and without a token, shows the last 50 requests it got:
  the headers the hub sent on, and the results of commands at ${partyKey(CALLER)}.`,
]

function partyTable(): string {
  const rows = SANDBOX_PARTIES.map((party, index) => {
    const { caller, request, statusCode, fault } = party.example
    return [
      partyKey(party),
      `${party.roles.join(', ')} ${party.version}`,
      addressOf(party, index),
      party.what,
      `as ${caller}: \`${request}\``,
      `${statusCode}${fault ? ` \`${fault}\`` : ''}`,
    ]
  })
  return `## The parties\n\n${table(['party', 'role, version', 'address', 'what it does', 'try', 'answers'], rows)}`
}

function dialectTable(): string {
  const rows = SANDBOX_PARTIES.flatMap((party) => {
    if (party.errors === 'ocpi') return []
    return [rowOf(party, DIALECTS[party.errors].rows)]
  })
  const ownErrors = OCPI_CODES.filter(({ code }) => /^[23]\d{3}$/.test(code))
  const statuses = SANDBOX_PARTIES.filter(({ behaviour }) => behaviour === 'statuses')
  rows.push(...statuses.map((party) => rowOf(party, ownErrors)))
  return `## The parties with other errors

Every code of the error tables on demand. The module \`settlement\` of the first three answers below \`/objects/{code}\` with that error, below \`/objects/${SUCCESS}\` with a plain
object. A code that is not in the table comes in the same shape with HTTP 400, or as \`?http=503\` says. OCPI's own
codes are answered below \`sender/locations/objects/{code}\` of the last one.

${table(['party', 'errors', 'codes'], rows)}`
}

function rowOf(party: SandboxParty, rows: readonly { readonly code: string }[]): string[] {
  return [partyKey(party), `\`${party.errors}\``, rows.map(({ code }) => `\`${code}\``).join(' ')]
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

function addressOf(party: SandboxParty, index: number): string {
  const port = party.behaviour === 'closed' ? CLOSED_PORT : SANDBOX_PORT + index
  return toOrigin({ host: SANDBOX_HOST, port })
}

function otherVersion(): string {
  return SANDBOX_PARTIES.find(({ version }) => version !== CALLER.version)?.version ?? CALLER.version
}
