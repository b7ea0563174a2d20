// Prometheus and Grafana: their files fit each other and the Compose file, and every metric they name is one that a
// hub with traffic really shows.

import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { operate } from '../../support/admin.ts'
import { ok } from '../../support/envelopes.ts'
import { makeDirectory } from '../../support/directory.ts'
import { stage, type Scene } from '../../support/hub.ts'
import { party, type Party } from '../../support/party.ts'
import { findTool, runTool } from '../../support/tools.ts'
import { waitFor } from '../../support/wait.ts'
import { compose, makeSecrets, projectFile } from './compose.ts'
import { familyOf, groupingsOf, samplesOf, selectorsOf } from './metric-names.ts'

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

  it('shows how it is told of an Alertmanager', () => {
    expect(parse(withAlertmanager())).toMatchObject({
      ...prometheus,
      alerting: { alertmanagers: [{ static_configs: [{ targets: ['alertmanager:9093'] }] }] },
    })
  })

  it('has files that promtool takes and alerts that fire as they should, where it is installed', async () => {
    const promtool = findTool('promtool')
    if (!promtool) return
    await runTool(promtool, ['check', 'config', '--syntax-only', 'config/prometheus/prometheus.yml'])
    const scratch = makeDirectory()
    const named = join(scratch.path, 'prometheus.yml')
    writeFileSync(named, withAlertmanager())
    await runTool(promtool, ['check', 'config', '--syntax-only', named])
    scratch.remove()
    await runTool(promtool, ['check', 'rules', '--lint-fatal', 'config/prometheus/alerts.yml'])
    await runTool(promtool, ['test', 'rules', 'test/unit/deploy/alerts.test.yaml'])
  })
})

/** The file of Prometheus with its block for an Alertmanager uncommented. */
function withAlertmanager(): string {
  return projectFile('config/prometheus/prometheus.yml').replaceAll(/^# ( *(- )?\w+:.*)$/gm, '$1')
}

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
      'Alerts, journal, traces',
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
  let scene: Scene<{ emsp: Party; cpo: Party; strict: Party; service: Party }>
  let collector: Server
  let page: string

  beforeAll(async () => {
    // Takes alerts and spans.
    collector = createServer((_request, response) => response.end('{}')).listen(0, '127.0.0.1')
    await once(collector, 'listening')
    const at = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`
    scene = await stage(
      {
        emsp: party('NL-EMS', 'EMSP'),
        cpo: party('DE-CPO', 'CPO'),
        strict: party('DE-401', 'CPO'),
        service: party('DE-SVC', 'CPO', { errors: 'ivxp' }),
      },
      { alerts: { webhook: `${at}/alerts` }, tracing: { otlpEndpoint: at, sample: 1 } },
    )
    const { emsp, cpo, strict, service } = scene
    cpo.answers('locations', { json: ok([]) })
    strict.answers('locations', { status: 401, body: '' })
    service.answers('locations', { status: 400, json: { error: 'NOT_IN_THE_LIST', message: '' } })
    for (const to of ['DE-CPO', 'XX-NON', 'DE-401', 'DE-SVC']) await emsp.gets('locations', { to })
    await cpo.close()
    await emsp.gets('locations', { to: 'DE-CPO' })
    page = await waitFor(
      async () => {
        const { text } = await operate(scene.hub, 'GET !/metrics')
        return /^ocpi_hub_alerts_total\{/m.test(text) ? text : undefined
      },
      { what: 'an alert that was sent' },
    )
  })
  afterAll(async () => {
    await scene.close()
    collector.close()
  })

  it('hold every metric and label that an alert or a panel names', () => {
    const samples = samplesOf(page)
    // Prometheus adds these two to whatever it scrapes.
    const added = ['job', 'instance']
    const labels = new Set([...added, ...[...samples.values()].flatMap((names) => [...names])])
    for (const expression of expressions) {
      for (const selector of selectorsOf(expression)) {
        const known = samples.get(selector.metric)
        expect(known, `${selector.metric} in ${expression}`).toBeDefined()
        // What has not happened here, certificates seen say, or spans sent, has no sample to look at.
        const possible = known!.size === 0 ? labels : known!
        for (const label of selector.labels) expect([...added, ...possible], expression).toContain(label)
      }
      for (const label of groupingsOf(expression)) expect([...labels], expression).toContain(label)
    }
    expect(expressions.flatMap(selectorsOf).length).toBeGreaterThan(30)
  })

  it('have a panel each, those of the hub itself', () => {
    const shown = new Set(
      dashboard.panels.flatMap(({ targets = [] }) =>
        targets.flatMap(({ expr }) => selectorsOf(expr).map(({ metric }) => familyOf(metric))),
      ),
    )
    const families = [...page.matchAll(/^# TYPE (ocpi_hub_\S+) /gm)].map(([, name]) => name!)
    expect(families.length).toBeGreaterThan(14)
    expect(families.filter((name) => !shown.has(name))).toEqual([])
  })

  it('are named as promtool likes it, where it is installed', async () => {
    const promtool = findTool('promtool')
    if (promtool) await runTool(promtool, ['check', 'metrics'], { stdin: page })
  })
})
