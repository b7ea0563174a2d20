// The unit for systemd: it starts the real program with variables the configuration knows, and waits out the drain.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readConfig } from '../../../src/config/load.ts'
import { makeDirectory } from '../../support/directory.ts'
import { findTool, runTool } from '../../support/tools.ts'
import { cli } from '../cli/run.ts'
import { projectFile } from './compose.ts'

const unit = projectFile('config/systemd/ocpi-hub.service')

/** Values of a directive that may stand several times. */
function valuesOf(directive: string): string[] {
  return [...unit.matchAll(new RegExp(`^${directive}=(.*)$`, 'gm'))].map(([, value]) => value!)
}

describe('the unit for systemd', () => {
  it('starts a verb that is there, and the file the image has as well', async () => {
    const [, , program, ...words] = valuesOf('ExecStart')[0]!.split(' ')
    expect(projectFile('package.json')).toContain(`"ocpi-hub": "${program!.replace('/opt/ocpi-hub/', '')}"`)
    const [verb, option] = words
    const { code, out } = await cli([verb!, '--help'])
    expect(code).toBe(0)
    expect(out).toContain(option)
  })

  it('gives the secrets of the production file, each from a credential that is loaded', () => {
    const variables = valuesOf('Environment').flatMap(
      (text) => /^(\w+)_FILE=%d\/(.*)$/.exec(text)?.slice(1) ?? [],
    )
    const loaded = valuesOf('LoadCredential').map((text) => text.split(':')[0])
    expect(variables.filter((_, index) => index % 2 === 1)).toEqual(loaded)
    for (const name of variables.filter((_, index) => index % 2 === 0)) {
      expect(projectFile('config/hub.production.yaml')).toContain(`\${${name}:-}`)
    }
    const secrets = projectFile('config/docker/make-secrets.mjs')
    for (const name of loaded) expect(secrets).toContain(`'${name}'`)
  })

  it('is given longer to stop than the hub drains', () => {
    const { config } = readConfig(projectFile('config/hub.production.yaml'), 'hub.yaml', {})
    const { delayMs, timeoutMs } = config!.shutdown
    expect(Number(valuesOf('TimeoutStopSec')[0]) * 1000).toBeGreaterThan(delayMs + timeoutMs)
  })

  it('is understood by systemd, where it is installed', async () => {
    const analyze = findTool('systemd-analyze')
    if (!analyze) return
    const directory = makeDirectory()
    const copy = join(directory.path, 'ocpi-hub.service')
    writeFileSync(copy, unit.replace('/usr/bin/node', process.execPath))
    await runTool(analyze, ['verify', '--man=no', copy])
    directory.remove()
  })
})
