// `ocpi-hub captures …`: bodies kept on demand, for one party and module and some minutes.

import { Option, type Command } from 'commander'
import type { CapturedExchange } from '../forwarding/captured.ts'
import type { KeptBody } from '../forwarding/redact.ts'
import { counted, shownText } from '../journal/text.ts'
import type { CliContext } from './context.ts'
import { adminClient, readCountTo, readParty, withAdminOptions, type AdminOptions } from './options.ts'
import { printData, printJson, printTable, styled } from './output.ts'

const PATH = '/api/v1/captures'

interface CaptureItem {
  readonly id: string
  readonly party: string
  readonly module: string
  readonly armed: boolean
  readonly by: string
  readonly until: string
  readonly count: number
  readonly left_out: number
}

export function addCaptures(program: Command, context: CliContext): void {
  const captures = program
    .command('captures')
    .description('keep bodies for some minutes, redacted, to see what two parties say to each other')
  withAdminOptions(captures.command('list'))
    .description('list what is armed or was lately')
    .action(async (options: AdminOptions) => {
      const answer = await adminClient(context, options).call('GET', PATH)
      const { items } = answer as { items: readonly CaptureItem[] }
      if (options.json) printJson(context, answer)
      else if (items.length === 0) context.err('no captures')
      else printCaptures(context, items)
    })
  withAdminOptions(
    captures
      .command('arm')
      .argument('<party>', 'as sender or receiver, as in DE-CPO', readParty)
      .argument('<module>', 'module, as in cdrs'),
  )
    .description('keep the bodies of one party and module from now on')
    .addOption(
      new Option('--minutes <count>', 'for how long, at most 15 (default 5)').argParser(readCountTo(15)),
    )
    .action(async (party: string, module: string, options: AdminOptions & { minutes?: number }) => {
      const body = { party, module, minutes: options.minutes }
      const answer = await adminClient(context, options).call('POST', PATH, { body })
      if (options.json) printJson(context, answer)
      else printData(context, answer)
    })
  withAdminOptions(captures.command('show').argument('<id>', 'capture'))
    .description('show what was kept; reading it is audited')
    .action(async (id: string, options: AdminOptions) => {
      const answer = await adminClient(context, options).call('GET', pathOf(id))
      if (options.json) printJson(context, answer)
      else printExchanges(context, answer as CaptureItem & { items: readonly CapturedExchange[] })
    })
  withAdminOptions(captures.command('drop').argument('<id>', 'capture'))
    .description('end it and forget what it kept')
    .action(async (id: string, options: AdminOptions) => {
      await adminClient(context, options).call('DELETE', pathOf(id))
      if (options.json) printJson(context, {})
      else context.out('done')
    })
}

function pathOf(id: string): string {
  return `${PATH}/${encodeURIComponent(id)}`
}

function printCaptures(context: CliContext, items: readonly CaptureItem[]): void {
  printTable(context, items, [
    { title: 'CAPTURE', text: ({ id }) => id },
    { title: 'PARTY', text: ({ party }) => party },
    { title: 'MODULE', text: ({ module }) => module },
    {
      title: 'KEPT',
      text: ({ count, left_out: left }) => (left > 0 ? `${count} of ${count + left}` : String(count)),
    },
    { title: 'UNTIL', text: ({ armed, until }) => (armed ? until : `ended ${until}`) },
    { title: 'BY', text: ({ by }) => by },
  ])
}

function printExchanges(
  context: CliContext,
  { items, count, left_out: left }: CaptureItem & { items: readonly CapturedExchange[] },
): void {
  // Which hub it was is news where there are several.
  const areSeveral = new Set(items.map(({ hub }) => hub)).size > 1
  for (const item of items) {
    const { time, from = '-', to = '-', method, path, code, fault, responder_http_status: status } = item
    const through = areSeveral && item.hub !== undefined ? `  through ${item.hub}` : ''
    const heading = `${time}  ${from} -> ${to}  ${method} ${path}  ${fault ?? code ?? ''}${through}`
    context.out(styled(context, 'bold', shownText(heading)))
    printBody(context, 'request', item.request)
    printBody(
      context,
      status === undefined ? 'answer' : `answer of the responder, HTTP ${status}`,
      item.answer,
    )
  }
  context.err(`${counted(count, 'exchange')}${left > 0 ? `, ${left} more were left out` : ''}`)
}

function printBody(context: CliContext, what: string, body: KeptBody | undefined): void {
  if (!body) return
  const notes =
    'text' in body
      ? [...(body.plain ? ['not JSON'] : []), ...(body.truncated ? ['cut'] : [])]
      : [body.omitted.replaceAll('_', ' ')]
  context.out(styled(context, 'dim', `  ${[what, `${body.bytes} bytes`, ...notes].join(', ')}`))
  if ('text' in body) for (const line of body.text.trimEnd().split('\n')) context.out(`  ${shownText(line)}`)
}
