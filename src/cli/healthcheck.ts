// `ocpi-hub healthcheck`: exit code 0 when the hub answers that it is well. For container health checks, which have
// no other client at hand.

import { Option, type Command } from 'commander'
import { troubleAt } from './admin-client.ts'
import { CERTIFICATE_HELP, loadHubFetch } from './client-certificate.ts'
import { failure, type CliContext } from './context.ts'
import { adminUrl, type AdminOptions } from './options.ts'

/** Below the usual time-out of a health check (Docker: 30 s; Kubernetes: 1 s, but configurable). */
const ANSWER_MS = 3000

export function addHealthcheck(program: Command, context: CliContext): void {
  program
    .command('healthcheck')
    .description('ask a running hub whether it is alive (exit code 0) or not (1)')
    .addOption(
      new Option(
        '--admin-url <url>',
        'either listener of the hub (OCPI_HUB_ADMIN_URL, default http://127.0.0.1:8081)',
      ),
    )
    .option('--ready', 'ask whether it is ready for requests instead')
    .addHelpText('after', `\n${CERTIFICATE_HELP}`)
    .action(async (options: AdminOptions & { ready?: boolean }) => {
      const url = `${adminUrl(context, options)}/health/${options.ready ? 'ready' : 'live'}`
      const ask = await loadHubFetch(context)
      let status: number
      try {
        const response = await ask(url, { redirect: 'manual', signal: AbortSignal.timeout(ANSWER_MS) })
        status = response.status
        await response.body?.cancel()
      } catch (error) {
        throw troubleAt(url, error) ?? failure(`no hub answers at ${url}`, error)
      }
      if (status !== 200) throw failure(`${url} answers HTTP ${status}`)
      context.out('ok')
    })
}
