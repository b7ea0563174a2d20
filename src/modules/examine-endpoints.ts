// Checks of the endpoints in a party's version details: whether the hub can and may call them, and whether they say
// what they are for.

import { readTarget } from '../ocpi/endpoint.ts'
import { INTERFACES, moduleKey, moduleRow } from '../ocpi/module.ts'
import { VERSIONS } from '../ocpi/version.ts'
import { isSecure, REFUSED_ADVICE } from './examine-connection.ts'
import {
  type Check,
  describeFault,
  fail,
  type Finding,
  groupOf,
  type ListedEndpoint,
  listOf,
  pass,
  type Scene,
  shown,
  warn,
} from './examine-scene.ts'

/** Origins beside that of the versions whose names are looked up. */
const ORIGINS_MAX = 20

export const ENDPOINT_CHECKS: readonly Check[] = [
  { id: 'endpoint_urls', title: 'Endpoint URLs can be called', needs: 'endpoints', run: checkUrls },
  { id: 'interfaces', title: 'Both interfaces are there', needs: 'endpoints', run: checkInterfaces },
]

type Callable = ListedEndpoint & { readonly url: string }

async function checkUrls(scene: Scene): Promise<Finding> {
  const { endpoints, url: versionsUrl } = scene
  const advice = 'Write whole URLs, https, that the hub can call as they stand.'
  const callable = endpoints.filter(isCallable)
  const relative = endpoints.filter((one) => !isCallable(one))
  const plain = isSecure(versionsUrl) ? callable.filter(({ url }) => !isSecure(url)) : []
  const faults = await lookUp(scene, callable)
  const barred = callable.filter(({ url }) => faults.get(new URL(url).origin) === 'destination_ip_prohibited')
  const problems = [
    ...(relative.length > 0 ? [`not absolute: ${namesOf(relative)}, which the hub leaves out`] : []),
    ...(plain.length > 0 ? [`plain http: ${namesOf(plain)}`] : []),
    ...(barred.length > 0 ? [`an address or a scheme that the hub does not call: ${namesOf(barred)}`] : []),
  ]
  if (problems.length > 0) {
    return fail(problems.join('; '), relative.length + plain.length > 0 ? advice : REFUSED_ADVICE)
  }
  const own = new URL(versionsUrl).host
  const foreign = new Map(
    callable.flatMap(({ url }) => {
      const { host, origin } = new URL(url)
      const fault = faults.get(origin)
      return host === own ? [] : [[shown(host), fault ? describeFault(fault).found : ''] as const]
    }),
  )
  if (foreign.size === 0) return pass(`${endpoints.length} on ${own}`)
  return warn(
    `on other hosts than the versions: ${foreignHosts(foreign)}`,
    'Make sure that this is meant: a host of a test system in the list is a common slip.',
  )
}

function foreignHosts(foreign: ReadonlyMap<string, string>): string {
  const well = [...foreign].flatMap(([host, problem]) => (problem === '' ? [host] : []))
  const ill = [...foreign].filter(([, problem]) => problem !== '')
  return [...(well.length > 0 ? [listOf(well)] : []), ...(ill.length > 0 ? [groupOf(ill)] : [])].join('; ')
}

/** What is wrong with the hosts of these, by origin; that of the versions was found well before. */
async function lookUp(scene: Scene, endpoints: readonly Callable[]) {
  const origins = new Map(endpoints.map(({ url }) => [new URL(url).origin, url]))
  origins.delete(new URL(scene.url).origin)
  const asked = [...origins].slice(0, ORIGINS_MAX)
  return new Map(
    await Promise.all(asked.map(async ([origin, url]) => [origin, await scene.resolve(url)] as const)),
  )
}

function isCallable(endpoint: ListedEndpoint): endpoint is Callable {
  return typeof endpoint.url === 'string' && readTarget(endpoint.url) !== undefined
}

function namesOf(endpoints: readonly ListedEndpoint[]): string {
  return listOf(
    endpoints.map(({ version, identifier }) =>
      typeof identifier === 'string' ? `${version} ${shown(identifier)}` : `${version} without identifier`,
    ),
  )
}

function checkInterfaces({ endpoints, version }: Scene): Finding {
  const own = endpoints.filter((one) => one.version === version)
  const advice = 'Give each endpoint an identifier, a role (SENDER or RECEIVER) and a url, each pair once.'
  const functional = own.filter(
    ({ identifier }) => typeof identifier === 'string' && moduleRow(identifier).kind === 'functional',
  )
  if (functional.length === 0) return fail('no functional module is listed', advice)
  if (!VERSIONS[version!].routed) return pass(modulesOf(functional))
  const wrong = functional.filter(({ role }) => !INTERFACES.some((one) => one === role))
  if (wrong.length > 0) return fail(`without a role: ${modulesOf(wrong)}`, advice)
  const keys = functional.map(
    ({ identifier, role }) => `${moduleKey(identifier as string)} ${role as string}`,
  )
  const twice = keys.filter((key, index) => keys.indexOf(key) !== index)
  if (twice.length > 0) return warn(`twice: ${listOf(twice)}`, advice)
  const sides = INTERFACES.map((side) => functional.filter(({ role }) => role === side))
  const found = `${version}: SENDER ${modulesOf(sides[0]!)}; RECEIVER ${modulesOf(sides[1]!)}`
  if (sides.every((side) => side.length > 0)) return pass(found)
  return warn(
    found,
    'One side alone is unusual: an owner of data is SENDER of its modules and RECEIVER of commands or tokens.',
  )
}

function modulesOf(endpoints: readonly ListedEndpoint[]): string {
  return listOf(endpoints.map(({ identifier }) => shown(String(identifier)))) || 'none'
}
