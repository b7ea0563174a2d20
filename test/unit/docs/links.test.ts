// The pages for people name nothing that is not there: links, files, commands with their options, calls of the admin
// API, metrics, faults.

import { existsSync, readdirSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { createProgram } from '../../../src/cli/program.ts'
import { FAULT_CODES } from '../../../src/faults/table.ts'
import { startHub } from '../../support/hub.ts'
import { projectFile } from '../deploy/compose.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const PAGES = [
  'README.md',
  ...readdirSync(join(ROOT, 'docs')).flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : [])),
]

interface Page {
  readonly path: string
  readonly text: string
  /** Lines of fenced blocks, and what stands between backticks. */
  readonly code: readonly string[]
}

const pages = PAGES.map(readPage)

function readPage(path: string): Page {
  const text = projectFile(path)
  const fenced = [...text.matchAll(/^```[^\n]*\n([^]*?)^```/gm)].flatMap(([, block]) => joinLines(block!))
  const prose = text.replace(/^```[^]*?^```/gm, '')
  return { path, text, code: [...fenced, ...[...prose.matchAll(/`([^`\n]+)`/g)].map(([, span]) => span!)] }
}

/** A command that goes on after a backslash is one line. */
function joinLines(block: string): string[] {
  return block.replace(/\\\n/g, ' ').split('\n')
}

/** What is wrong on the pages, one line each; empty is as it should be. */
function findings(look: (page: Page) => Iterable<string>): string[] {
  return pages.flatMap((page) => [...look(page)].map((finding) => `${page.path}: ${finding}`))
}

describe('the pages', () => {
  it('link to files and headings that are there', () => {
    const wrong = findings(function* ({ path, text }) {
      for (const [, target] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^[a-z]+:/.test(target!)) continue
        const [file = '', anchor] = target!.split('#')
        const place = file === '' ? path : normalize(join(dirname(path), file))
        if (!existsSync(join(ROOT, place))) yield `${target} is not there`
        else if (anchor !== undefined && !anchorsOf(place).includes(anchor))
          yield `${target} has no such heading`
      }
    })
    expect(wrong).toEqual([])
  })

  it('name files that are there', () => {
    const wrong = findings(function* ({ text }) {
      for (const [, file] of text.matchAll(/(?<![\w./-])((?:src|test|config|docs|examples)\/[\w./-]*\w)/g)) {
        if (!existsSync(join(ROOT, file!))) yield `${file} is not there`
      }
    })
    expect(wrong).toEqual([])
  })

  it('show commands with verbs and options that exist', () => {
    const program = createProgram(NO_CONTEXT)
    const wrong = findings(function* ({ code }) {
      for (const line of code) {
        for (const [, words] of line.matchAll(
          /(?<!SETUSER |[\w"/.:{-])ocpi-hub ((?!with )[a-z][^|;&<>`#)]*)/g,
        ))
          yield* misused(program, words!)
      }
    })
    expect(wrong).toEqual([])
  })

  it('show calls of the admin API that exist', () => {
    const { paths } = JSON.parse(projectFile('docs/openapi.json')) as { paths: Record<string, object> }
    const known = Object.keys(paths).map((path) => new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`))
    const wrong = findings(function* ({ text }) {
      for (const [, path] of text
        .replaceAll('$ADMIN/', '/api/v1/')
        .matchAll(/(\/api\/v1\/[\w{}$/.-]*[\w}])/g)) {
        if (!known.some((pattern) => pattern.test(path!))) yield `${path} is no call`
      }
    })
    expect(wrong).toEqual([])
  })
})

describe('the page on production', () => {
  it('has a row for every metric of the hub, and no other', async () => {
    const hub = await startHub()
    const response = await fetch(`${hub.adminUrl}/metrics`, {
      headers: { authorization: `Bearer ${hub.adminToken}` },
    })
    const page = await response.text()
    await hub.close()
    const shown = [...page.matchAll(/^# HELP (ocpi_hub_\w+)/gm)].map(([, name]) => name!)
    const told = [...projectFile('docs/production.md').matchAll(/^\| `(ocpi_hub_\w+)` \|/gm)].map(
      ([, name]) => name!,
    )
    expect(told.toSorted()).toEqual(shown.toSorted())
  })

  it('has a row for every alert rule, with its severity', () => {
    const rules = [
      ...projectFile('config/prometheus/alerts.yml').matchAll(/alert: (\w+)[^]*?severity: (\w+)/g),
    ]
    const told = [...projectFile('docs/production.md').matchAll(/^\| `(Ocpi\w+)` \| (\w+) \|/gm)]
    const pairs = (matches: RegExpMatchArray[]) => matches.map(([, name, severity]) => `${name} ${severity}`)
    expect(pairs(told)).toEqual(pairs(rules))
  })
})

describe('the runbook', () => {
  it.each(FAULT_CODES)('says what to do about %s', (fault) => {
    expect(projectFile('docs/runbook.md')).toContain(`\`${fault}\``)
  })
})

/** What of a command line the program does not have. */
function* misused(program: Command, words: string): Iterable<string> {
  let command = program
  for (const word of words.trim().split(/\s+/)) {
    const option = /^(--[a-z][a-z-]*)/.exec(word)?.[1]
    if (option !== undefined && !command.options.some((one) => one.long === option) && option !== '--help') {
      yield `ocpi-hub ${words}: no option ${option}`
    }
    if (word.startsWith('-') || command.commands.length === 0) continue
    const next = command.commands.find((one) => one.name() === word)
    if (!next) {
      if (/^[a-z][a-z-]*$/.test(word)) yield `ocpi-hub ${words}: no command ${word}`
      return
    }
    command = next
  }
}

/** Headings of a page as their anchors. */
function anchorsOf(path: string): string[] {
  const text = projectFile(path).replace(/^```[^]*?^```/gm, '')
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  )
}

const NO_CONTEXT = {
  env: {},
  out: () => undefined,
  err: () => undefined,
  coloured: false,
  input: () => Promise.resolve(''),
  stopped: () => new AbortController().signal,
}
