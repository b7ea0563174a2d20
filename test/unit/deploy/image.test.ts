// The Dockerfile against the real files. It cannot be built without Docker; what can be wrong without that is checked.

import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { cli } from '../cli/run.ts'
import { projectFile } from './compose.ts'

interface Instruction {
  readonly name: string
  readonly text: string
}

/** Stages of the Dockerfile, each from its FROM on. */
const stages = readStages(projectFile('Dockerfile'))
const last = stages.at(-1)!

function readStages(text: string): Instruction[][] {
  const lines = text
    .replace(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
  const all: Instruction[][] = []
  for (const line of lines) {
    const [, name, rest] = /^(\w+)\s+(.*)$/.exec(line)!
    if (name === 'FROM') all.push([])
    all.at(-1)!.push({ name: name!, text: rest!.replace(/\s+/g, ' ') })
  }
  return all
}

function one(name: string): string {
  const found = last.filter((instruction) => instruction.name === name)
  expect(found, name).toHaveLength(1)
  return found[0]!.text
}

/** Sources of COPY instructions that come from the project. */
function copiedSources(): string[] {
  return stages
    .flat()
    .filter(({ name, text }) => name === 'COPY' && !text.startsWith('--from'))
    .flatMap(({ text }) => text.split(' ').slice(0, -1))
}

describe('the image', () => {
  it('is built in stages on a fixed, slim Node 24', () => {
    expect(stages.length).toBeGreaterThan(1)
    for (const [from] of stages) expect(from!.text).toMatch(/^node:24-bookworm-slim( AS \w+)?$/)
  })

  it('holds the libraries of production only', () => {
    const installs = stages.map((stage) => stage.filter(({ text }) => text.includes('npm ci')))
    expect(installs.map((found) => found.map(({ text }) => text.includes('--omit=dev')))).toEqual([
      [false],
      [true],
      [],
    ])
    expect(last.filter(({ text }) => text.startsWith('--from')).map(({ text }) => text)).toEqual([
      '--from=libraries /app/node_modules ./node_modules',
      '--from=build /app/dist ./dist',
    ])
  })

  it('runs as a user without rights', () => {
    expect(one('USER')).toBe('65532:65532')
    const user = last.findIndex(({ name }) => name === 'USER')
    expect(last.slice(user).filter(({ name }) => ['RUN', 'COPY', 'ADD'].includes(name))).toEqual([])
  })

  it('starts the hub itself, which gets the signals', async () => {
    const entry = JSON.parse(one('ENTRYPOINT')) as string[]
    expect(entry).toEqual(['node', '--enable-source-maps', 'dist/cli/main.js'])
    expect(existsSync('src/cli/main.ts')).toBe(true)
    expect(one('STOPSIGNAL')).toBe('SIGTERM')
    const verb = JSON.parse(one('CMD')) as string[]
    expect((await cli([...verb, '--help'])).code).toBe(0)
  })

  it('checks its health with nothing but itself', async () => {
    const command = JSON.parse(/CMD (.*)$/.exec(one('HEALTHCHECK'))![1]!) as string[]
    expect(command.slice(0, 2)).toEqual(['node', 'dist/cli/main.js'])
    expect((await cli([...command.slice(2), '--help'])).code).toBe(0)
  })

  it('listens on the ports of its configuration, which it finds by itself', () => {
    const configuration = projectFile('config/docker/hub.yaml')
    for (const port of one('EXPOSE').split(' ')) expect(configuration).toContain(`port: ${port}`)
    expect(last.map(({ text }) => text)).toContain('config/docker/hub.yaml /etc/ocpi-hub/hub.yaml')
    expect(projectFile('src/cli/config-path.ts')).toContain("'/etc/ocpi-hub/hub.yaml'")
  })

  it('is built of files that exist and that .dockerignore lets through', () => {
    const [everything, ...kept] = projectFile('.dockerignore')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
    expect(everything).toBe('*')
    const allowed = kept.map((line) => line.replace(/^!/, ''))
    expect(kept.every((line) => line.startsWith('!'))).toBe(true)
    for (const source of copiedSources().filter((path) => path !== '.')) {
      expect(existsSync(source), source).toBe(true)
      expect(allowed).toContain(source.split('/')[0])
    }
    // What `npm run build` reads.
    for (const path of ['src', 'tsconfig.json', 'tsconfig.build.json', 'vite.config.ts', 'package.json']) {
      expect(allowed).toContain(path)
    }
  })
})
