// `ocpi-hub probe URL`: examines a party's OCPI endpoints before it is connected. Needs no running hub; it sends
// nothing but GET, from this machine, under the same guard as the hub.

import ipaddr from 'ipaddr.js'
import { InvalidArgumentError, Option, type Command } from 'commander'
import { readDuration } from '../config/units.ts'
import type { CheckReport, Examination } from '../modules/examine.ts'
import { readPartyText, type PartyId } from '../ocpi/party.ts'
import { OFFERABLE_VERSIONS } from '../ocpi/version.ts'
import { shownText } from '../journal/text.ts'
import { failure, saidFailure, type CliContext } from './context.ts'
import { readUrl } from './options.ts'
import { printJson, styled, type Style } from './output.ts'

interface ProbeOptions {
  readonly token?: string
  readonly allow?: readonly string[]
  readonly insecureHttp?: boolean
  readonly from?: PartyId
  readonly timeout: number
  readonly json?: boolean
}

/** Answers taken together: a party that hangs everywhere is told after this many single limits. */
const TOTAL_TIMEOUTS = 6
const TIMEOUT_MS = 10_000

export function addProbe(program: Command, context: CliContext): void {
  program
    .command('probe')
    .description('examine the OCPI endpoints of a party before it is connected')
    .argument('<url>', 'its versions URL', readUrl)
    .option(
      '--token <token>',
      'the token it gave; "-" reads it from standard input, and so does leaving it out',
    )
    .option('--from <party>', 'ask as this party, that of your hub, to see routing headers', readSender)
    .option('--allow <cidr...>', 'private or loopback ranges that may be called', collectRange)
    .option('--insecure-http', 'take http:// URLs too')
    .addOption(
      new Option('--timeout <duration>', 'for one request').argParser(readTimeout).default(TIMEOUT_MS, '10s'),
    )
    .option('--json', 'print JSON')
    .addHelpText('after', '\nOnly GET is sent. Exit code 0: no check failed; 1: one did.')
    .action((url: string, options: ProbeOptions) => runProbe(url, options, context))
}

async function runProbe(url: string, options: ProbeOptions, context: CliContext): Promise<void> {
  const given = options.token ?? '-'
  const token = given === '-' ? (await context.input()).trim() : given
  if (!/^[\x21-\x7e]{1,256}$/.test(token)) {
    throw failure('the token must be 1 to 256 visible ASCII characters: use --token, or standard input')
  }
  const { examine } = await import('../modules/examine.ts')
  const report = await examine(
    { url, token },
    {
      network: { requireHttps: options.insecureHttp !== true, allow: options.allow ?? [] },
      versions: OFFERABLE_VERSIONS,
      ...(options.from === undefined ? {} : { from: options.from }),
      timeoutMs: options.timeout,
      totalMs: options.timeout * TOTAL_TIMEOUTS,
    },
  )
  if (options.json) printJson(context, report)
  else printReport(context, report)
  const mayBeOwn = options.insecureHttp !== true || options.allow === undefined
  if (mayBeOwn && report.checks.some(({ id, result }) => id === 'dns' && result === 'fail')) {
    context.err('note: private addresses are called only with --allow, http:// only with --insecure-http')
  }
  if (report.result === 'fail') throw saidFailure()
}

const STYLES: Readonly<Record<CheckReport['result'], Style>> = {
  pass: 'green',
  warn: 'yellow',
  fail: 'red',
  skip: 'dim',
}

function printReport(context: CliContext, { url, checks, party, version, duration_ms }: Examination): void {
  const about = [party, version && `OCPI ${version}`].filter((text) => text !== undefined).join(', ')
  context.out(`${styled(context, 'bold', shownText(url))}${about === '' ? '' : `  ${shownText(about)}`}`)
  const width = Math.max(...checks.map(({ title }) => title.length))
  for (const { result, title, found, advice } of withRunsOfSkips(checks)) {
    const name = styled(context, STYLES[result], result.toUpperCase())
    context.out(`  ${name}  ${title.padEnd(width)}  ${shownText(found)}`)
    if (advice !== undefined)
      context.out(`        ${styled(context, 'dim', 'tell them:')} ${shownText(advice)}`)
  }
  const count = (result: CheckReport['result']) => checks.filter((check) => check.result === result).length
  const counts = (['pass', 'warn', 'fail', 'skip'] as const).map((result) => `${count(result)} ${result}`)
  context.out(`${counts.join(', ')} in ${(duration_ms / 1000).toFixed(1)} s`)
}

type Line = Pick<CheckReport, 'result' | 'title' | 'found' | 'advice'>

/** Checks that were skipped for one reason after another are one line: what went before them is the news. */
function withRunsOfSkips(checks: readonly CheckReport[]): Line[] {
  const lines: Line[] = []
  for (let index = 0; index < checks.length; ) {
    const rest = checks.slice(index)
    const end = rest.findIndex(({ result }) => result !== 'skip')
    const run = end < 0 ? rest.length : end
    const { found, ...check } = rest[0]!
    lines.push(run > 3 ? { result: 'skip', title: `${run} more checks`, found } : { ...check, found })
    index += run > 3 ? run : 1
  }
  return lines
}

function readSender(text: string): PartyId {
  const party = readPartyText(text)
  if (party) return party
  throw new InvalidArgumentError('It must be a party, as in NL-HUB.')
}

function collectRange(text: string, before: readonly string[] = []): readonly string[] {
  if (ipaddr.isValidCIDR(text)) return [...before, text]
  throw new InvalidArgumentError('It must be an address range, as in 10.0.0.0/8 or 127.0.0.1/32.')
}

function readTimeout(text: string): number {
  const duration = readDuration(text)
  if (duration !== undefined && duration >= 100 && duration <= 120_000) return duration
  throw new InvalidArgumentError('It must be a duration from 100ms to 2m.')
}
