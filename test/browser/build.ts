// Builds the dashboard before its tests, so that they look at what the sources say now.

import { fileURLToPath } from 'node:url'
import { build } from 'vite'

export async function setup(): Promise<void> {
  await build({
    configFile: fileURLToPath(new URL('../../vite.config.ts', import.meta.url)),
    logLevel: 'error',
  })
}
