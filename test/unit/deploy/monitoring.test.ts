// Prometheus and Grafana: their files fit each other and the Compose file, and every metric they name is one that a
// hub with traffic really shows.

import { existsSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { ok } from '../../support/envelopes.ts'
import { makeDirectory } from '../../support/directory.ts'
import { stage, type Scene } from '../../support/hub.ts'
import { party, type Party } from '../../support/party.ts'
import { findTool, runTool } from '../../support/tools.ts'
import { compose, makeSecrets, projectFile } from './compose.ts'
import { groupingsOf, samplesOf, selectorsOf } from './metric-names.ts'

interface Rule {
  readonly alert: string
  readonly expr: string
  readonly labels: { readonly severity: string }
  readonly annotations: { readonly summary: string; readonly action: string }
}
interface Panel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly datasource?: { readonly uid: string }
  readonly targets?: readonly { readonly expr: string; readonly datasource: { readonly uid: string } }[]
}
interface Dashboard {
  readonly panels: readonly Panel[]
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly type: string; readonly definition?: string }[]
  }
  readonly annotations: { readonly list: readonly { readonly expr: string }[] }
}

const prometheus = parse(projectFile('config/prometheus/prometheus.yml')) as {
  readonly rule_files: readonly string[]
  readonly scrape_configs: readonly [
    {
      readonly authorization: { readonly type: string; readonly credentials_file: string }
      readonly static_configs: readonly { readonly targets: readonly string[] }[]
    },
  ]
}
const { groups } = parse(projectFile('config/prometheus/alerts.yml')) as {
  readonly groups: readonly { readonly rules: readonly Rule[] }[]
}
const rules = groups.flatMap((group) => group.rules)
const dashboard = JSON.parse(projectFile('config/grafana/dashboards/ocpi-hub.json')) as Dashboard
const expressions = [
  ...rules.map(({ expr }) => expr),
  ...dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
  ...dashboard.templating.list.flatMap(({ definition }) => definition ?? []),
  ...dashboard.annotations.list.map(({ expr }) => expr),
]

describe('Prometheus', () => {
  it('scrapes both hubs on their admin port, with the token made for it', () => {
    const [scrape] = prometheus.scrape_configs
    expect(scrape.static_configs.flatMap(({ targets }) => targets)).toEqual(['hub-a:8081', 'hub-b:8081'])
    const secrets = makeDirectory()
    makeSecrets(secrets.path)
    const file = scrape.authorization.credentials_file
    expect(scrape.authorization.type).toBe('Bearer')
    expect(existsSync(file.replace('/secrets', secrets.path))).toBe(true)
    secrets.remove()
  })

  it('says of each alert how bad it is and what to do', () => {
    for (const { alert, labels, annotations } of rules) {
      expect(['critical', 'warning', 'info'], alert).toContain(labels.severity)
      expect(annotations.summary, alert).toMatch(/^\S.*\S$/)
      expect(annotations.action, alert).toMatch(/[.?]$/)
    }
  })

  it('has files that promtool takes and alerts that fire as they should, where it is installed', async () => {
    const promtool = findTool('promtool')
    if (!promtool) return
    await runTool(promtool, ['check', 'config', '--syntax-only', 'config/prometheus/prometheus.yml'])
    await runTool(promtool, ['check', 'rules', '--lint-fatal', 'config/prometheus/alerts.yml'])
    await runTool(promtool, ['test', 'rules', 'test/unit/deploy/alerts.test.yaml'])
  })
})

describe('Grafana', () => {
  it('finds data source and dashboards where the Compose file puts them', () => {
    const { volumes } = compose.services.grafana!
    const provider = parse(projectFile('config/grafana/provisioning/dashboards/ocpi-hub.yml')) as {
      readonly providers: readonly [{ readonly options: { readonly path: string } }]
    }
    expect(volumes).toContain(`./config/grafana/dashboards:${provider.providers[0].options.path}:ro`)
    expect(volumes).toContain('./config/grafana/provisioning:/etc/grafana/provisioning:ro')
    const source = parse(projectFile('config/grafana/provisioning/datasources/prometheus.yml')) as {
      readonly datasources: readonly [{ readonly url: string }]
    }
    expect(Object.keys(compose.services)).toContain(new URL(source.datasources[0].url).hostname)
  })

  it('shows the rows an operator looks for', () => {
    expect(dashboard.panels.filter(({ type }) => type === 'row').map(({ title }) => title)).toEqual([
      'Traffic',
      'Errors by code and side',
      'Slow receivers',
      'Overhead',
      'Registry',
      'Runtime',
    ])
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length)
  })

  it('asks whichever data source is chosen, for the responders that are chosen', () => {
    const variables = dashboard.templating.list.map(({ name, type }) => `${name} ${type}`)
    expect(variables).toEqual(['datasource datasource', 'responder query'])
    for (const { targets = [] } of dashboard.panels) {
      for (const { datasource } of targets) expect(datasource.uid).toBe('${datasource}')
    }
    const used = expressions.filter((expression) => expression.includes('$responder'))
    expect(used.length).toBeGreaterThan(4)
  })
})

describe('the metrics of a hub with traffic', () => {
  let scene: Scene<{ emsp: Party; cpo: Party }>
  let page: string

  beforeAll(async () => {
    scene = await stage({ emsp: party('NL-EMS', 'EMSP'), cpo: party('DE-CPO', 'CPO') })
    scene.cpo.answers('locations', { json: ok([]) })
    for (const to of ['DE-CPO', 'XX-NON']) await scene.emsp.gets('locations', { to })
    await scene.cpo.close()
    await scene.emsp.gets('locations', { to: 'DE-CPO' })
    const answer = await fetch(`${scene.hub.adminUrl}/metrics`, {
      headers: { authorization: `Bearer ${scene.hub.adminToken}` },
    })
    page = await answer.text()
  })
  afterAll(() => scene.close())

  it('hold every metric and label that an alert or a panel names', () => {
    const samples = samplesOf(page)
    // Prometheus adds these two to whatever it scrapes.
    const added = ['job', 'instance']
    const labels = new Set([...added, ...[...samples.values()].flatMap((names) => [...names])])
    for (const expression of expressions) {
      for (const selector of selectorsOf(expression)) {
        const known = samples.get(selector.metric)
        expect(known, `${selector.metric} in ${expression}`).toBeDefined()
        // A gauge of what has not happened here, certificates say, has no sample to look at.
        const possible = known!.size === 0 ? labels : known!
        for (const label of selector.labels) expect([...added, ...possible], expression).toContain(label)
      }
      for (const label of groupingsOf(expression)) expect([...labels], expression).toContain(label)
    }
    expect(expressions.flatMap(selectorsOf).length).toBeGreaterThan(30)
  })

  it('are named as promtool likes it, where it is installed', async () => {
    const promtool = findTool('promtool')
    if (promtool) await runTool(promtool, ['check', 'metrics'], { stdin: page })
  })
})
