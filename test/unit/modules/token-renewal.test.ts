// Hashes of inbound tokens follow a change of secret_key, one by one, when their tokens are used.

import { afterEach, describe, expect, it } from 'vitest'
import { createCredentials } from '../../../src/modules/credentials.ts'
import { createTokenRenewal, type TokenRenewal } from '../../../src/modules/token-renewal.ts'
import { createRegistry } from '../../../src/registry/create-registry.ts'
import { type Keyring, toKeyring } from '../../../src/registry/keyring.ts'
import { createMemoryStore } from '../../../src/registry/memory.ts'
import type { Platform } from '../../../src/registry/platform.ts'
import type { Registry } from '../../../src/registry/registry.ts'
import { secretId } from '../../../src/registry/seal.ts'
import { kept, platform } from '../../support/platforms.ts'
import { waitFor } from '../../support/wait.ts'
import { createKit, testClock, type TestClock } from './kit.ts'
import { startPeer } from './peer.ts'

const [OLD, NEW] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)]
const oldHashes = toKeyring([OLD]).tokens

const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

interface Scene {
  readonly registry: Registry
  readonly keyring: Keyring
  readonly clock: TestClock
  readonly renew: TokenRenewal
  readonly acme: () => Platform
  /** A request of acme's with its token. */
  readonly uses: () => void
}

/** A hub that was given a new key, with acme, whose token `t` is kept under the old one. */
async function scene({ secrets = [NEW, OLD], marked = true } = {}): Promise<Scene> {
  const store = createMemoryStore()
  const before = await createRegistry(store, { secretKeys: [OLD] })
  const { hash, key } = oldHashes.make('t')
  const inbound = [{ hash, ...(marked && key !== undefined ? { key } : {}), purpose: 'credentials' as const }]
  kept(await before.put(platform('acme', { inbound })))
  const keyring = toKeyring(secrets)
  const registry = await createRegistry(store, { secretKeys: keyring })
  cleanups.push(
    () => before.close(),
    () => registry.close(),
  )
  const clock = testClock()
  const renew = createTokenRenewal({ registry, keyring, clock })
  const acme = () => registry.table().connections.get('acme')!.platform
  return { registry, keyring, clock, renew, acme, uses: () => renew(acme(), acme().inbound[0]!, 't') }
}

const turns = () => new Promise((resolve) => setTimeout(resolve, 30))

describe('the hash of an inbound token', () => {
  for (const marked of [true, false]) {
    it(`is renewed when the token is used, and the new key is in use (${marked ? 'noted key' : 'older record'})`, async () => {
      const { registry, keyring, acme, uses } = await scene({ marked })
      uses()
      await turns()
      expect(oldHashes.make('t').hash).toBe(acme().inbound[0]!.hash)
      await registry.reseal()
      const { lastUpdated } = acme()
      uses()
      await waitFor(() => acme().inbound[0]!.key === secretId(NEW))
      expect(acme().inbound).toEqual([{ ...keyring.tokens.make('t'), purpose: 'credentials' }])
      expect(acme().lastUpdated).toBe(lastUpdated)
      expect(registry.keys().waiting).toEqual([])
    })
  }

  it('is left alone while there is one key, and of platforms of the file', async () => {
    const alone = await scene({ secrets: [OLD], marked: false })
    const { revision } = alone.acme()
    alone.uses()
    const { registry, acme, renew } = await scene()
    await registry.reseal()
    const resealed = acme()
    renew({ ...resealed, source: 'file' }, resealed.inbound[0]!, 't')
    await turns()
    expect([alone.acme().revision, acme()]).toEqual([revision, resealed])
  })

  it('is tried once a minute at most, so that hubs of different minds do not undo each other’s work all the time', async () => {
    const { registry, acme, uses, clock } = await scene()
    await registry.reseal()
    uses()
    await waitFor(() => acme().inbound[0]!.key === secretId(NEW))
    const undone = kept(
      await registry.put({ ...acme(), inbound: [{ ...oldHashes.make('t'), purpose: 'credentials' }] }),
    )
    uses()
    await turns()
    expect(acme().revision).toBe(undone.revision)
    clock.advance(61_000)
    uses()
    await waitFor(() => acme().inbound[0]!.key === secretId(NEW))
  })

  it('is not renewed over a token that was replaced meanwhile', async () => {
    const { registry, acme, renew } = await scene()
    await registry.reseal()
    const seen = acme()
    const replaced = kept(await registry.put({ ...seen, inbound: [] }))
    renew(seen, seen.inbound[0]!, 't')
    await turns()
    expect(acme()).toEqual(replaced)
  })
})

describe('a handshake', () => {
  it.each(['PUT', 'DELETE'])(
    'that met the hash of its token before it was renewed ends well: %s',
    async (method) => {
      const { registry, keyring, acme, uses } = await scene()
      const peer = await startPeer()
      const kit = await createKit({ registry, hashes: keyring.tokens })
      cleanups.push(
        () => kit.close(),
        () => peer.close(),
      )
      peer.tokens.add('token-b2')
      await registry.reseal()
      // A request beside it, while the hub calls back.
      peer.script('GET /versions', async () => {
        uses()
        await waitFor(() => acme().inbound[0]!.key === secretId(NEW))
        return undefined
      })
      const { connection, token } = registry.table().tokens.get(oldHashes.make('t').hash)!
      if (method === 'DELETE') {
        uses()
        await waitFor(() => acme().inbound[0]!.key === secretId(NEW))
      }
      const body = Buffer.from(JSON.stringify(peer.credentials('token-b2')))
      const answer = await createCredentials(kit.parts)({
        connection,
        token,
        tokenValue: 't',
        tokenForm: 'base64',
        version: '2.2.1',
        method,
        rest: '',
        query: '',
        body: method === 'PUT' ? body : undefined,
      })
      if (method === 'DELETE') expect(acme()).toMatchObject({ status: 'SUSPENDED', inbound: [] })
      else {
        const fresh = (answer.data as { token: string }).token
        expect(acme().inbound[0]).toEqual({ ...keyring.tokens.make(fresh), purpose: 'credentials' })
        expect(acme().inbound[1]).toMatchObject({
          key: secretId(NEW),
          validUntil: expect.any(Number) as number,
        })
      }
    },
  )
})
