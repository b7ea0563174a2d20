// `npm run bench`: the hub side by side with other proxies, in one run. Everybody stands in front of the same receiver
// and gets the same requests; rounds are short, interleaved and rotated. Trust CPU per request and the ratios.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import {
  type Contestant,
  type Site,
  startHaproxy,
  startHub,
  startNginx,
  startPeer,
  startReceiver,
} from './contestants.ts'
import { bestLoader, type Loader, load } from './load.ts'
import { busyTimeUs, cpuTimeUs, isPinned, stopAll } from './processes.ts'
import { type Measurement, foreignShare, type Sample, summarize, toTable } from './report.ts'
import { ask, SCENARIOS, type Scenario } from './scenarios.ts'

const HELP = `npm run bench -- [options]
  --quick               one connection count, three rounds of one second
  --scenario NAMES      of ${SCENARIOS.map((scenario) => scenario.name).join(',')} (default all)
  --connections COUNTS  default 1,16,64; 16 with --quick
  --rounds COUNT        default 7; 3 with --quick
  --seconds COUNT       length of one round, whole seconds: default 2; 1 with --quick
  --only NAMES          measure only these contestants, e.g. hub,floor
  --against FILE        another build of the hub, its dist/cli/main.js, in the same rounds
  --loader wrk|own      default wrk where it is installed
  --json FILE           write every sample as well`

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    scenario: { type: 'string' },
    connections: { type: 'string' },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    only: { type: 'string' },
    against: { type: 'string' },
    loader: { type: 'string' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})

const HUB = 'hub'
const WARM_UP_SECONDS = 5
// Above this the machine is too busy with something else.
const FOREIGN_SHARE_MAX = 0.05
const YARDSTICKS = ['@fastify/http-proxy', 'floor', 'nginx', 'hub before']

if (flags.help) console.log(HELP)
else await main()

async function main(): Promise<void> {
  const scenarios = SCENARIOS.filter(
    ({ name }) => !flags.scenario || flags.scenario.split(',').includes(name),
  )
  const connectionCounts = (flags.connections ?? (flags.quick ? '16' : '1,16,64')).split(',').map(Number)
  const rounds = Number(flags.rounds ?? (flags.quick ? 3 : 7))
  const seconds = Number(flags.seconds ?? (flags.quick ? 1 : 2))
  const loader: Loader = flags.loader === 'own' ? 'own' : flags.loader === 'wrk' ? 'wrk' : bestLoader()
  const directory = mkdtempSync(join(tmpdir(), 'ocpi-hub-bench-'))
  process.on('exit', () => rmSync(directory, { recursive: true, force: true }))
  try {
    const site: Site = { receiverPort: await startReceiver(), directory }
    const contestants = await startContestants(site)
    console.log(
      `load by ${loader}, ${isPinned() ? 'proxies on core 0, load and receiver on core 1' : 'nothing pinned'}, Node ${process.version}`,
    )
    console.log(`${rounds} rounds of ${seconds} s; CPU ratios are medians of the ratios inside single rounds`)
    const measurements: Measurement[] = []
    await warmUp(contestants, scenarios, loader)
    for (const scenario of scenarios) {
      await checkAnswers(scenario, contestants, site.receiverPort)
      for (const connections of connectionCounts) {
        const measurement = await measure({ scenario, connections, seconds, rounds, loader, contestants })
        measurements.push(measurement)
        const yardsticks = YARDSTICKS.filter((name) =>
          contestants.some((contestant) => contestant.name === name),
        )
        console.log(
          toTable(`${scenario.name}, ${connections} connections`, summarize(measurement, yardsticks)),
        )
        const foreign = foreignShare(measurement)
        if (foreign > FOREIGN_SHARE_MAX) {
          console.log(
            `other work took ${Math.round(foreign * 100)} % of the proxies' core: do not trust these rounds`,
          )
        }
      }
    }
    if (flags.json) writeFileSync(flags.json, JSON.stringify(measurements.map(toJson), null, 2))
  } finally {
    stopAll()
  }
}

async function startContestants(site: Site): Promise<Contestant[]> {
  const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
  const starts: Record<string, () => Promise<Contestant | undefined>> = {
    [HUB]: () => startHub(HUB, main, site),
    ...(flags.against ? { 'hub before': () => startHub('hub before', flags.against!, site) } : {}),
    floor: () => startPeer('floor', 'floor.mjs', site),
    '@fastify/http-proxy': () => startPeer('@fastify/http-proxy', 'fastify-http-proxy.mjs', site),
    'http-proxy': () => startPeer('http-proxy', 'http-proxy.mjs', site),
    nginx: () => startNginx(site),
    HAProxy: () => startHaproxy(site),
  }
  const wanted = flags.only?.split(',')
  const contestants: Contestant[] = []
  for (const [name, startOne] of Object.entries(starts)) {
    if (wanted && !wanted.includes(name)) continue
    const contestant = await startOne()
    if (contestant) contestants.push(contestant)
    else console.log(`${name} is not installed and is left out`)
  }
  return contestants
}

/** A proxy that answers anything but the receiver's bytes is not measured: it ends the run. */
async function checkAnswers(
  scenario: Scenario,
  contestants: readonly Contestant[],
  receiverPort: number,
): Promise<void> {
  const expected = await ask(scenario, receiverPort)
  for (const { name, port } of contestants) {
    const answer = await ask(scenario, port).catch((error: unknown) => {
      throw new Error(`${name} did not answer ${scenario.name}`, { cause: error })
    })
    if (!answer.equals(expected))
      throw new Error(`${name} changed the answer of ${scenario.name}: ${answer.toString().slice(0, 300)}`)
  }
}

/** V8 takes seconds to settle on a program of the hub's size; nobody's first seconds are measured. */
async function warmUp(
  contestants: readonly Contestant[],
  scenarios: readonly Scenario[],
  loader: Loader,
): Promise<void> {
  for (const { port } of contestants) {
    for (const scenario of scenarios) {
      const seconds = Math.ceil(WARM_UP_SECONDS / scenarios.length)
      await load(loader, { scenario, port, connections: 16, seconds })
    }
  }
}

interface Plan {
  readonly scenario: Scenario
  readonly connections: number
  readonly seconds: number
  readonly rounds: number
  readonly loader: Loader
  readonly contestants: readonly Contestant[]
}

async function measure(plan: Plan): Promise<Measurement> {
  const { scenario, connections, contestants } = plan
  for (const contestant of contestants) await sample({ ...plan, seconds: 1 }, contestant)
  const rounds: Map<string, Sample>[] = []
  for (let round = 0; round < plan.rounds; round++) {
    const samples = new Map<string, Sample>()
    for (let turn = 0; turn < contestants.length; turn++) {
      const contestant = contestants[(turn + round) % contestants.length]!
      samples.set(contestant.name, await sample(plan, contestant))
    }
    rounds.push(new Map(contestants.map(({ name }) => [name, samples.get(name)!])))
  }
  return { scenario: scenario.name, connections, rounds }
}

async function sample(plan: Plan, { name, port, pid }: Contestant): Promise<Sample> {
  const { scenario, connections, seconds, loader } = plan
  const [cpuBefore, busyBefore, startedAt] = [cpuTimeUs(pid), busyTimeUs(), performance.now()]
  const result = await load(loader, { scenario, port, connections, seconds })
  const cpu = cpuTimeUs(pid) - cpuBefore
  const foreign = Math.max(0, busyTimeUs() - busyBefore - cpu)
  const foreignShare = foreign / ((performance.now() - startedAt) * 1000)
  return { contestant: name, ...result, cpuUsPerRequest: cpu / result.requests, foreignShare }
}

function toJson({ scenario, connections, rounds }: Measurement) {
  return { scenario, connections, rounds: rounds.map((round) => Object.fromEntries(round)) }
}
