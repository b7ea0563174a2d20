// `npm run docs`: writes the files that are generated from tables and schemas; with --check it only compares, names
// those that are stale, and ends with exit code 1.

import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'
import { renderOpenApi } from '../admin/render-openapi.ts'
import { configJsonSchema } from '../config/json-schema.ts'
import { renderSandboxPage } from '../sandbox/describe.ts'
import { errorsPage } from './errors-page.ts'
import { packageVersion } from './version.ts'

export interface GeneratedFile {
  /** From the root of the project. */
  readonly path: string
  readonly render: () => string | Promise<string>
}

/** A further generated file is one more line. */
export const GENERATED_FILES: readonly GeneratedFile[] = [
  { path: 'ERRORS.md', render: errorsPage },
  { path: 'docs/sandbox.md', render: renderSandboxPage },
  { path: 'docs/openapi.json', render: () => renderOpenApi(packageVersion()) },
  { path: 'config/hub.schema.json', render: () => `${JSON.stringify(configJsonSchema(), null, 2)}\n` },
]

/** Paths of the files that differ from what would be generated now. */
export async function findStale(files: readonly GeneratedFile[] = GENERATED_FILES): Promise<string[]> {
  const stale: string[] = []
  for (const { path, render } of files) {
    const found = await readFile(fileUrl(path), 'utf8').catch(() => undefined)
    if (found !== (await render())) stale.push(path)
  }
  return stale
}

async function run(argv: readonly string[]): Promise<void> {
  const stale = await findStale()
  if (argv.includes('--check')) {
    for (const path of stale) console.error(`${path} is stale: run "npm run docs"`)
    if (stale.length > 0) process.exitCode = 1
    return
  }
  for (const { path, render } of GENERATED_FILES) {
    if (!stale.includes(path)) continue
    await mkdir(new URL('.', fileUrl(path)), { recursive: true })
    await writeFile(fileUrl(path), await render())
    console.log(`${path} written`)
  }
}

function fileUrl(path: string): URL {
  return new URL(`../../${path}`, import.meta.url)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await run(process.argv.slice(2))
