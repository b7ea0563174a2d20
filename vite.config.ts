// Builds the dashboard's pages into files beside the compiled admin server, which serves them.

import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

export default defineConfig({
  root: fileURLToPath(new URL('src/admin/dashboard', import.meta.url)),
  logLevel: 'warn',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: fileURLToPath(new URL('dist/admin/dashboard', import.meta.url)),
    emptyOutDir: true,
    target: 'es2022',
    // The policy of the pages allows no data: URLs.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // What is built in here goes on in the image and the package without its own files.
    license: { fileName: 'licenses.md' },
  },
})
