// `ocpi-hub platforms …`: connections of the hub, shown and changed.

import { InvalidArgumentError, Option, type Command } from 'commander'
import { DIALECT_NAMES } from '../dialects/dialect.ts'
import { ROLES } from '../ocpi/role.ts'
import { OFFERABLE_VERSIONS } from '../ocpi/version.ts'
import { readPartyText } from '../ocpi/party.ts'
import { TOKEN_FORMS } from '../ocpi/token.ts'
import { failure, saidFailure, type CliContext } from './context.ts'
import { addMoves } from './moves.ts'
import { adminClient, readNewPlatform, readUrl, withAdminOptions, type AdminOptions } from './options.ts'
import { printData, printJson, printTable, type Column } from './output.ts'
import { STATUS_STYLES } from './parties.ts'

const PATH = '/api/v1/platforms'

/** An item of `GET /api/v1/platforms`, as far as it is shown in a list. */
interface PlatformItem {
  readonly id: string
  readonly status: string
  readonly version?: string
  readonly source?: string
  readonly roles?: readonly PartyRole[]
}

interface PartyRole {
  readonly country_code: string
  readonly party_id: string
  readonly role: string
}

/** Verbs that are one POST below the platform, and what they do. */
const ACTIONS = [
  ['suspend', 'stop routing to and from a platform'],
  ['resume', 'route to and from it again'],
  ['probe', 'ask a platform for its versions now; exit code 1 if it does not answer them'],
  ['refresh', 'read its versions and endpoints again'],
  ['rotate', 'give a platform new credentials'],
] as const

export function addPlatforms(program: Command, context: CliContext): void {
  const platforms = program.command('platforms').description('show and change connections')
  addList(platforms, context)
  addShow(platforms, context)
  addAdd(platforms, context)
  addConnect(platforms, context)
  addSet(platforms, context)
  addRemove(platforms, context)
  addMoves(platforms, context)
  for (const [action, description] of ACTIONS) addAction(platforms, context, { action, description })
}

function addList(platforms: Command, context: CliContext): void {
  withAdminOptions(platforms.command('list'))
    .description('list all platforms')
    .action(async (options: AdminOptions) => {
      const items = (await adminClient(context, options).list(PATH)) as PlatformItem[]
      if (options.json) printJson(context, { items })
      else if (items.length === 0) context.err('no platforms')
      else printTable(context, items, COLUMNS)
    })
}

const COLUMNS: readonly Column<PlatformItem>[] = [
  { title: 'PLATFORM', text: ({ id }) => id },
  { title: 'STATUS', text: ({ status }) => status, style: ({ status }) => STATUS_STYLES[status] },
  { title: 'VERSION', text: ({ version }) => version ?? '-' },
  { title: 'SOURCE', text: ({ source }) => source ?? '-' },
  { title: 'PARTIES', text: ({ roles = [] }) => roles.map(roleText).join(', ') },
]

function roleText({ country_code: country, party_id: party, role }: PartyRole): string {
  return `${country}-${party}`.toUpperCase() + ` ${role}`
}

function addShow(platforms: Command, context: CliContext): void {
  withAdminOptions(platforms.command('show').argument('<id>', 'platform'))
    .description('show one platform; tokens only as fingerprints')
    .action(async (id: string, options: AdminOptions) => {
      printAnswer(context, options, await adminClient(context, options).call('GET', pathOf(id)))
    })
}

function addAdd(platforms: Command, context: CliContext): void {
  withAdminOptions(platforms.command('add').argument('<id>', 'name of the new platform', readNewPlatform))
    .description('prepare a connection: prints the token and URL with which the other side registers, once')
    .addOption(partyOption('party and role, as in DE-CPO:CPO; may be repeated'))
    .addOption(versionOption('OCPI version'))
    .addOption(errorsOption())
    .action(async (id: string, options: AddOptions) => {
      const body = { id, roles: options.party, version: options.ocpi, errors: options.errors }
      printAnswer(context, options, await adminClient(context, options).call('POST', PATH, { body }))
    })
}

interface AddOptions extends AdminOptions {
  readonly party?: PartyRole[]
  readonly ocpi?: string
  readonly errors?: string
}

function partyOption(description: string): Option {
  return new Option('--party <party>', description).argParser(collectRole)
}

function versionOption(description: string): Option {
  return new Option('--ocpi <version>', description).choices(OFFERABLE_VERSIONS)
}

function errorsOption(): Option {
  return new Option('--errors <format>', 'the error format it answers with').choices(DIALECT_NAMES)
}

function collectRole(text: string, before: readonly PartyRole[] = []): PartyRole[] {
  const [name = '', role = ''] = text.split(':')
  const party = readPartyText(name)
  const known = ROLES.find((candidate) => candidate === role.toUpperCase())
  if (!party || !known)
    throw new InvalidArgumentError(`It must be a party and a role (${ROLES.join(', ')}), as in DE-CPO:CPO.`)
  return [...before, { country_code: party.countryCode, party_id: party.partyId, role: known }]
}

function addConnect(platforms: Command, context: CliContext): void {
  withAdminOptions(
    platforms
      .command('connect')
      .argument('<id>', 'name of the new platform', readNewPlatform)
      .argument('<url>', 'its versions URL', readUrl),
  )
    .description('register the hub at another platform, with a token that its operator gave')
    .option('--token <token>', 'that token; "-" reads it from standard input, and so does leaving it out')
    .addOption(
      partyOption('party and role, as in FR-OLD:EMSP, for OCPI 2.1.1, where it does not tell its role'),
    )
    .addOption(versionOption('OCPI version to connect on; the newest that both offer when left out'))
    .addOption(errorsOption())
    .action(async (id: string, url: string, options: ConnectOptions) => {
      const given = options.token ?? '-'
      const token = given === '-' ? (await context.input()).trim() : given
      if (token === '') throw failure('no token was given: use --token, or write it to standard input')
      const { party: roles, ocpi: version, errors } = options
      const body = { id, versions_url: url, token, roles, version, errors }
      printAnswer(context, options, await adminClient(context, options).call('POST', PATH, { body }))
    })
}

interface ConnectOptions extends AddOptions {
  readonly token?: string
}

/** What the other side does not say itself, or says wrongly. */
function addSet(platforms: Command, context: CliContext): void {
  withAdminOptions(platforms.command('set').argument('<id>', 'platform'))
    .description('change what an operator knows better than the platform')
    .addOption(errorsOption())
    .addOption(
      new Option('--token-form <form>', "how the hub's token is written for it").choices(TOKEN_FORMS),
    )
    .option('--versions-url <url>', 'its versions URL', readUrl)
    .action(async (id: string, options: SetOptions, command: Command) => {
      const { errors, tokenForm, versionsUrl } = options
      const body = { errors, token_form: tokenForm, versions_url: versionsUrl }
      if (Object.values(body).every((value) => value === undefined))
        command.error('error: nothing to change: use --errors, --token-form or --versions-url')
      printAnswer(context, options, await adminClient(context, options).call('PATCH', pathOf(id), { body }))
    })
}

interface SetOptions extends AdminOptions {
  readonly errors?: string
  readonly tokenForm?: string
  readonly versionsUrl?: string
}

function addRemove(platforms: Command, context: CliContext): void {
  withAdminOptions(platforms.command('remove').argument('<id>', 'platform'))
    .description('forget a platform and its tokens')
    .action(async (id: string, options: AdminOptions) => {
      printAnswer(context, options, await adminClient(context, options).call('DELETE', pathOf(id)))
    })
}

function addAction(
  platforms: Command,
  context: CliContext,
  { action, description }: { action: string; description: string },
): void {
  withAdminOptions(platforms.command(action).argument('<id>', 'platform'))
    .description(description)
    .action(async (id: string, options: AdminOptions) => {
      const answer = await adminClient(context, options).call('POST', `${pathOf(id)}/${action}`)
      printAnswer(context, options, answer)
      // A probe that was made and found nobody.
      if ((answer as { ok?: unknown } | undefined)?.ok === false) throw saidFailure()
    })
}

function pathOf(id: string): string {
  return `${PATH}/${encodeURIComponent(id)}`
}

function printAnswer(context: CliContext, { json }: AdminOptions, answer: unknown): void {
  if (json) printJson(context, answer ?? {})
  else if (answer === undefined) context.out('done')
  else printData(context, answer)
}
