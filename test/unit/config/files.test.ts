// The configuration files that are shipped: they load, they are complete, and what they say of defaults is true.

import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse, parseDocument } from 'yaml'
import { describeConfig, toFileData } from '../../../src/config/describe.ts'
import { configJsonSchema } from '../../../src/config/json-schema.ts'
import { formatFault, loadConfig, readConfig } from '../../../src/config/load.ts'

const QUICK_START = 'config/hub.yaml'
const PRODUCTION = 'config/hub.production.yaml'
const IMAGE = 'config/docker/hub.yaml'
const ENV = { ACME_TO_HUB: 'one-token', HUB_TO_ACME: 'another-token' }

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly items?: JsonSchema
  readonly required?: readonly string[]
  readonly default?: unknown
}

/** Every key of the schema as a path; `[]` stands for the items of a list. */
function keyPaths(schema: JsonSchema, path = ''): string[] {
  if (schema.items) return keyPaths(schema.items, `${path}[]`)
  return Object.entries(schema.properties ?? {}).flatMap(([key, inner]) => {
    const own = path === '' ? key : `${path}.${key}`
    return [own, ...keyPaths(inner, own)]
  })
}

function dataPaths(data: unknown, path = ''): string[] {
  if (Array.isArray(data)) return data.flatMap((item) => dataPaths(item, `${path}[]`))
  if (typeof data !== 'object' || data === null) return []
  return Object.entries(data).flatMap(([key, inner]) => {
    const own = path === '' ? key : `${path}.${key}`
    return [own, ...dataPaths(inner, own)]
  })
}

/** The file with its examples taken in: `# ` before a line goes, an empty list before its example goes. */
async function productionWithExamples(): Promise<string> {
  const [, ...lines] = (await readFile(PRODUCTION, 'utf8')).split('\n')
  return lines
    .filter((line) => !/^\s*(tokens|platforms|routes): \[\]/.test(line))
    .map((line) => line.replace(/^(\s*)# /, '$1'))
    .join('\n')
}

describe('the quick start', () => {
  test('loads with nothing in the environment', async () => {
    const { config, faults } = await loadConfig(QUICK_START, {})
    expect(faults).toEqual([])
    expect(config).toMatchObject({ sandbox: true, network: { requireHttps: false } })
    expect([config?.listen.ocpi.host, config?.listen.admin.host]).toEqual(['127.0.0.1', '127.0.0.1'])
  })
})

describe('every file that is shipped', () => {
  test.each([QUICK_START, PRODUCTION, IMAGE])('%s is YAML to editors and linters too', async (path) => {
    const text = await readFile(path, 'utf8')
    expect(parseDocument(text).errors.map(({ message }) => message)).toEqual([])
    const [, schema] = /^# yaml-language-server: \$schema=(\S+)\n/.exec(text) ?? []
    expect(join(dirname(path), schema!)).toBe('config/hub.schema.json')
  })
})

describe('the production file', () => {
  test('loads with nothing in the environment', async () => {
    expect((await loadConfig(PRODUCTION, {})).faults).toEqual([])
  })

  test('shows the defaults: without its lines the configuration is the same', async () => {
    const text = await readFile(PRODUCTION, 'utf8')
    const { hub } = parse(text) as { hub: object }
    const minimal = readConfig(JSON.stringify({ hub }), 'f', {})
    expect((await loadConfig(PRODUCTION, {})).config).toEqual(minimal.config)
    const withoutVersions = readConfig(JSON.stringify({ hub: { ...hub, versions: undefined } }), 'f', {})
    expect(withoutVersions.config).toEqual(minimal.config)
  })

  test('shows every key', async () => {
    const shown = new Set(dataPaths(parse(await productionWithExamples())))
    expect(keyPaths(configJsonSchema()).filter((path) => !shown.has(path))).toEqual([])
  })

  test('has examples that load', async () => {
    const files = (await productionWithExamples()).replace(/\/etc\/ocpi-hub\/\S+/g, 'package.json')
    const result = readConfig(files, PRODUCTION, ENV)
    expect(result.faults.map(formatFault)).toEqual([])
    expect(result.config?.routes).toHaveLength(4)
  })

  test('explains every key on its line', async () => {
    const lines = (await readFile(PRODUCTION, 'utf8')).split('\n')
    const bare = lines.filter((line) => /^ {2,}[a-z_]+: \S/.test(line) && !/ # \S/.test(line))
    expect(bare).toEqual([])
  })
})

describe('the editor schema', () => {
  test('has patterns that engines with nested classes read alike', () => {
    const patterns = [...JSON.stringify(configJsonSchema()).matchAll(/"pattern":("(?:\\.|[^"])*")/g)]
    const nested = patterns
      .map(([, text]) => JSON.parse(text!) as string)
      .filter((pattern) => /\[(?:\\.|[^\\\][])*\[/.test(pattern))
    expect(patterns.length).toBeGreaterThan(10)
    expect(nested).toEqual([])
  })

  test('gives the defaults of the program', () => {
    const hub = { country_code: 'NL', party_id: 'HUB', name: 'H', public_url: 'https://h.example' }
    const { config } = readConfig(JSON.stringify({ hub }), 'f', {})
    const effective = toFileData(config!)
    const different = defaultsOf(configJsonSchema()).filter(
      ([path, value]) => JSON.stringify(at(effective, path)) !== JSON.stringify(value),
    )
    expect(different).toEqual([])
  })
})

/** Path and default of every leaf that is not inside of a list. */
function defaultsOf(schema: JsonSchema, path: readonly string[] = []): [readonly string[], unknown][] {
  if (!schema.properties) return schema.default === undefined ? [] : [[path, schema.default]]
  return Object.entries(schema.properties).flatMap(([key, inner]) => defaultsOf(inner, [...path, key]))
}

function at(data: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], data)
}

describe('the effective configuration', () => {
  test('reads back as the same configuration but for its secrets', async () => {
    const files = (await productionWithExamples()).replace(/sha256: "0+"/, `sha256: "${'a'.repeat(64)}"`)
    const { config } = readConfig(files, 'f', ENV)
    let next = 0
    const text = describeConfig(config!).replaceAll('********', () =>
      next++ === 0 ? 'a'.repeat(64) : `token-${next}`,
    )
    const again = readConfig(text, 'g', {})
    expect(again.faults.map(formatFault)).toEqual([])
    expect(describeConfig(again.config!)).toBe(describeConfig(config!))
  })
})
