// `ocpi-hub routes …`: the operator's rules, and what they would do to one request, without sending it.

import { Option, type Command } from 'commander'
import { INTERFACES } from '../ocpi/module.ts'
import { OFFERABLE_VERSIONS } from '../ocpi/version.ts'
import type { CliContext } from './context.ts'
import { adminClient, readParty, withAdminOptions, type AdminOptions } from './options.ts'
import { printData, printJson, printTable, type Column } from './output.ts'
import { addRouteChanges } from './route-changes.ts'

const PATH = '/api/v1/routes'

/** A rule as in the configuration file. */
type RouteItem = Readonly<Record<string, unknown>>

/** An answer of `GET /api/v1/routes/explain`, as far as it is looked into. */
interface Explained extends Readonly<Record<string, unknown>> {
  readonly steps: readonly { readonly step: string; readonly finding: string }[]
}

const MATCHES = ['from', 'to', 'module', 'interface', 'method'] as const

interface ExplainOptions extends AdminOptions {
  readonly from: string
  readonly to?: string
  readonly module: string
  readonly interface: string
  readonly method: string
  readonly path?: string
  readonly ocpi?: string
}

export function addRoutes(program: Command, context: CliContext): void {
  const routes = program.command('routes').description("show the operator's rules and explain what they do")
  withAdminOptions(routes.command('list'))
    .description('list the rules; the first that matches wins')
    .action(async (options: AdminOptions) => {
      const answer = await adminClient(context, options).call('GET', PATH)
      const { items } = answer as { items: RouteItem[] }
      if (options.json) printJson(context, answer)
      else if (items.length === 0) context.err('no rules: everything is routed by address alone')
      else printRules(context, items)
    })
  addRouteChanges(routes, context)
  withAdminOptions(routes.command('explain'))
    .description('say what would happen to a request, step by step, without sending it')
    .addOption(
      new Option('--from <party>', 'requesting party, as in NL-EMS')
        .argParser(readParty)
        .makeOptionMandatory(),
    )
    .addOption(
      new Option(
        '--to <party>',
        'addressed party, or hub for the hub itself; left out: a request without TO headers',
      ).argParser(readAddressed),
    )
    .addOption(new Option('--module <module>', 'module, as in locations').makeOptionMandatory())
    .addOption(
      new Option('--interface <role>', 'interface of the module').choices(INTERFACES).default('SENDER'),
    )
    .addOption(
      new Option('--method <method>', 'HTTP method')
        .choices(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])
        .default('GET'),
    )
    .option('--path <path>', 'what follows the module in the URL, as in /DE/CPO/LOC1')
    .addOption(
      new Option('--ocpi <version>', "OCPI version, by default the sender's own").choices(OFFERABLE_VERSIONS),
    )
    .action(async (options: ExplainOptions) => {
      const { from, to, module, interface: role, method, path, ocpi: version } = options
      const query = { from, to, module, interface: role, method, path, version }
      const answer = await adminClient(context, options).call('GET', `${PATH}/explain`, { query })
      if (options.json) printJson(context, answer)
      else printExplanation(context, answer as Explained)
    })
}

/** The steps as a table, and below it what came of them. */
function printExplanation(context: CliContext, { steps, ...outcome }: Explained): void {
  printTable(context, steps, [
    { title: 'STEP', text: ({ step }) => step },
    { title: 'FINDING', text: ({ finding }) => finding },
  ])
  context.out('')
  printData(context, outcome)
}

function readAddressed(text: string): string {
  return text.toLowerCase() === 'hub' ? 'hub' : readParty(text)
}

function printRules(context: CliContext, items: readonly RouteItem[]): void {
  const numbered = items.map((rule, index) => ({ rule, number: index + 1 }))
  const columns: Column<(typeof numbered)[number]>[] = [
    { title: '#', text: ({ number }) => String(number) },
    ...MATCHES.map((key) => ({
      title: key.toUpperCase(),
      text: ({ rule }: { readonly rule: RouteItem }) =>
        rule[key] === undefined ? 'any' : valueText(rule[key]),
    })),
    { title: 'EFFECT', text: ({ rule }) => effectText(rule) },
  ]
  printTable(context, numbered, columns)
}

/** Everything of a rule that is not about what it matches. */
function effectText(rule: RouteItem): string {
  const effects = Object.entries(rule).filter(([key]) => !(MATCHES as readonly string[]).includes(key))
  return (
    effects.map(([key, value]) => `${key} ${valueText(value)}`).join(', ') ||
    'none: later rules are not asked'
  )
}

function valueText(value: unknown): string {
  if (Array.isArray(value)) return value.map(valueText).join(',')
  return typeof value === 'string' ? value : JSON.stringify(value)
}
