// Checks of what a party says about itself: token, versions, details, credentials. Its endpoints: examine-endpoints.ts.

import { counted } from '../journal/text.ts'
import { readTarget } from '../ocpi/endpoint.ts'
import { moduleKey } from '../ocpi/module.ts'
import { isPartyId, type PartyId, partyKey } from '../ocpi/party.ts'
import {
  createToken,
  readAuthorization,
  TOKEN_FORMS,
  type TokenForm,
  writeAuthorization,
} from '../ocpi/token.ts'
import { isVersion, type VersionNumber, VERSIONS } from '../ocpi/version.ts'
import { ENDPOINT_CHECKS } from './examine-endpoints.ts'
import {
  type Check,
  dataOf,
  describeReply,
  fail,
  type Finding,
  groupOf,
  isGood,
  type ListedEndpoint,
  listOf,
  member,
  pass,
  type Reply,
  type Scene,
  shown,
  skip,
  warn,
} from './examine-scene.ts'

const ENTRIES_MAX = 300

export const VERSIONS_CHECKS: readonly Check[] = [
  { id: 'token', title: 'The token is accepted', needs: 'connection', run: checkToken },
  { id: 'wrong_token', title: 'A wrong token is refused', needs: 'token', run: checkWrongToken },
  { id: 'versions', title: 'The versions are listed', needs: 'token', run: checkVersions },
  { id: 'mutual_version', title: 'A version is shared with the hub', needs: 'versions', run: checkMutual },
  {
    id: 'details',
    title: 'The details of shared versions can be read',
    needs: 'versions',
    run: checkDetails,
  },
  ...ENDPOINT_CHECKS,
  { id: 'credentials', title: 'There is a credentials endpoint', needs: 'endpoints', run: checkCredentials },
]

/** Asks for the versions with the token in both forms (R2-R4). */
async function checkToken(scene: Scene): Promise<Finding> {
  const { token } = scene
  const asked: { form: TokenForm; reply: Reply }[] = []
  for (const form of TOKEN_FORMS)
    asked.push({ form, reply: await scene.ask(scene.url, { token: { token, form } }) })
  const good = asked.filter(({ reply }) => isGood(reply))
  const [first] = good
  if (!first) return tokenRefused(asked.map(({ reply }) => reply))
  scene.accepted = { token, form: first.form }
  scene.versionList = first.reply
  scene.grounds.add('token')
  if (good.length === 2) return pass('in Base64 and as it is')
  if (first.form === 'base64') return pass('in Base64')
  if (isEncoded(token)) {
    return warn(
      'as it is; but it looks as if it were in Base64 already',
      'Say the token itself, not its Base64: that is how it has to be registered.',
    )
  }
  const versions = offeredVersions(first.reply).map(({ version }) => version)
  const isOld = versions.every((version) => !isVersion(version) || VERSIONS[version].tokenForm === 'raw')
  if (isOld) return pass('as it is, which is right for 2.1.1')
  return warn(
    'as it is, but not in Base64',
    'From 2.2 on the token stands in Base64 in the Authorization header; take it in both forms.',
  )
}

function tokenRefused(replies: readonly Reply[]): Finding {
  const [inBase64, raw] = replies.map(describeReply)
  const same = inBase64!.found === raw!.found
  return fail(same ? inBase64!.found : `in Base64: ${inBase64!.found}; as it is: ${raw!.found}`, raw!.advice)
}

/** Whether the text is Base64 of something that could be a token itself. */
function isEncoded(token: string): boolean {
  return readAuthorization(`Token ${token}`)[0]?.form === 'base64' && token.length >= 16
}

async function checkWrongToken(scene: Scene): Promise<Finding> {
  const form = scene.accepted!.form
  const reply = await scene.ask(scene.url, { token: { token: createToken(), form } })
  const { httpStatus, statusCode } = reply
  const advice = 'Answer HTTP 401 to a token that is missing or unknown.'
  if (httpStatus === 401) {
    return pass(statusCode === undefined ? 'HTTP 401, without an envelope' : 'HTTP 401 in an envelope')
  }
  if (isGood(reply)) return fail('a token that was made up is accepted', advice)
  return warn(describeReply(reply).found, advice)
}

/** Entries of a version list that have a version and a URL. */
function offeredVersions(reply: Reply): Scene['offered'] {
  const data = dataOf(reply)
  if (!Array.isArray(data)) return []
  return (data as unknown[]).slice(0, ENTRIES_MAX).flatMap((entry) => {
    const version = member(entry, 'version')
    const url = member(entry, 'url')
    return typeof version === 'string' && typeof url === 'string' ? [{ version, url }] : []
  })
}

function checkVersions(scene: Scene): Finding {
  const data = dataOf(scene.versionList!)
  const advice = 'List each version as {"version": "2.2.1", "url": "https://…"} (OCPI 2.2.1 §6.1).'
  if (!Array.isArray(data)) return fail('data is no list', advice)
  scene.offered = offeredVersions(scene.versionList!)
  if (scene.offered.length === 0) return fail('no version is listed', advice)
  scene.grounds.add('versions')
  const found = scene.offered.map(({ version }) => shown(version).slice(0, 20)).join(', ')
  const wrong = scene.offered.filter(({ url }) => !readTarget(url))
  if (wrong.length > 0) {
    return fail(`${found}; the URL of ${shown(wrong[0]!.version)} is not absolute`, advice)
  }
  if (data.length > scene.offered.length) return warn(`${found}; other entries cannot be read`, advice)
  return pass(found)
}

function checkMutual(scene: Scene): Finding {
  scene.mutual = scene.versions.flatMap((version) => {
    const entry = scene.offered.find((one) => one.version === version && readTarget(one.url))
    return entry ? [{ version, url: entry.url }] : []
  })
  if (scene.mutual.length > 0) return pass(scene.mutual.map(({ version }) => version).join(', '))
  return fail('none', `The hub speaks ${scene.versions.join(', ')}: offer one of them.`)
}

async function checkDetails(scene: Scene): Promise<Finding> {
  if (scene.mutual.length === 0) return skip('no version is shared')
  const told: string[] = []
  const wrong: { name: string; found: string; advice: string }[] = []
  for (const { version, url } of scene.mutual) {
    const reply = await scene.ask(url)
    const endpoints = readListed(reply, version)
    if (endpoints) {
      scene.version ??= version
      scene.endpoints.push(...endpoints)
      told.push(`${version}: ${counted(endpoints.length, 'endpoint')} in ${Math.round(reply.durationMs)} ms`)
    } else if (isGood(reply)) {
      const advice = 'Answer {"version": …, "endpoints": […]} as data (OCPI 2.2.1 §6.2).'
      wrong.push({ name: version, found: 'there is no list of endpoints', advice })
    } else wrong.push({ name: version, ...describeReply(reply) })
  }
  if (scene.endpoints.length > 0) scene.grounds.add('endpoints')
  if (wrong.length > 0) {
    const problems = groupOf(wrong.map(({ name, found }) => [name, found]))
    return fail([problems, ...told].join('; '), wrong[0]!.advice)
  }
  if (scene.endpoints.length === 0) return fail(told.join('; '), 'List the endpoints of your modules.')
  return pass(told.join('; '))
}

function readListed(reply: Reply, version: VersionNumber): ListedEndpoint[] | undefined {
  const listed = isGood(reply) ? member(dataOf(reply), 'endpoints') : undefined
  if (!Array.isArray(listed)) return undefined
  return (listed as unknown[]).slice(0, ENTRIES_MAX).map((entry) => ({
    version,
    identifier: member(entry, 'identifier'),
    role: member(entry, 'role'),
    url: member(entry, 'url'),
  }))
}

/** Reads the credentials too (GET): who is behind the URL tells whom to address. */
async function checkCredentials(scene: Scene): Promise<Finding> {
  const entry = scene.endpoints.find(
    ({ version, identifier }) =>
      version === scene.version && typeof identifier === 'string' && moduleKey(identifier) === 'credentials',
  )
  if (!entry) return fail('none', 'List the credentials module: without it nobody can register.')
  if (typeof entry.url !== 'string' || !readTarget(entry.url)) {
    return fail('its URL is not absolute', 'Write the whole URL of the credentials endpoint.')
  }
  const reply = await scene.ask(entry.url)
  if (!isGood(reply)) {
    if (reply.fault === undefined && reply.httpStatus! >= 400 && reply.httpStatus! < 500) {
      return pass(`there; GET is answered ${describeReply(reply).found}, as before a registration`)
    }
    const { found, advice } = describeReply(reply)
    return warn(`listed, but GET is answered: ${found}`, advice)
  }
  const parties = readParties(dataOf(reply))
  const first = PREFERRED.flatMap((role) => parties.filter((party) => party.role === role))[0] ?? parties[0]
  if (!first) {
    return warn(
      'it answers no party',
      'Answer the credentials object with country_code and party_id of each role.',
    )
  }
  scene.to = first
  return pass(`of ${listOf(parties.map(partyKey))}`)
}

// A hub answers lists as itself (GET ALL); of others the owner of most lists is the CPO.
const PREFERRED = ['HUB', 'CPO']

/** Parties of a credentials object, flat or with roles (R34). */
function readParties(data: unknown): (PartyId & { readonly role: unknown })[] {
  const roles = member(data, 'roles')
  const entries: unknown[] = Array.isArray(roles) ? roles : [data]
  return entries.slice(0, ENTRIES_MAX).flatMap((entry) => {
    const party = readParty(entry)
    return party ? [{ ...party, role: member(entry, 'role') }] : []
  })
}

/** country_code and party_id of an object. */
export function readParty(value: unknown): PartyId | undefined {
  const countryCode = member(value, 'country_code')
  const partyId = member(value, 'party_id')
  if (typeof countryCode !== 'string' || typeof partyId !== 'string') return undefined
  const party = { countryCode, partyId }
  return isPartyId(party) ? party : undefined
}

/** Both ways to write the token, which must never be in a report. */
export function tokenTexts(token: string): string[] {
  return TOKEN_FORMS.map((form) => writeAuthorization(token, form).slice('Token '.length))
}
