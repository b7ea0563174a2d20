// `ocpi-hub version`: which hub this is and what it runs on.

import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import type { CliContext } from './context.ts'
import { printJson } from './output.ts'

export function addVersion(program: Command, context: CliContext): void {
  program
    .command('version')
    .description('print the version of the hub and of Node')
    .option('--json', 'print JSON')
    .action(({ json }: { json?: boolean }) => {
      const data = {
        version: packageVersion(),
        node: process.versions.node,
        platform: `${process.platform}-${process.arch}`,
      }
      if (json) printJson(context, data)
      else context.out(`ocpi-hub ${data.version} (node ${data.node}, ${data.platform})`)
    })
}

/** From package.json, which lies two folders above both src/cli and dist/cli. */
export function packageVersion(): string {
  const file = new URL('../../package.json', import.meta.url)
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}
