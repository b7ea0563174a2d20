// The keyring: which of several secrets seals and hashes, and which open and verify.

import { describe, expect, it } from 'vitest'
import { createSealer, sealedWith, secretId } from '../../../src/registry/seal.ts'
import { toKeyring } from '../../../src/registry/keyring.ts'

const CONTEXT = { purpose: 'outbound token', owner: 'acme' }
const [one, other, third] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2), Buffer.alloc(32, 3)]

describe('a keyring', () => {
  it('seals and hashes with the first key while nothing depends on another', () => {
    const ring = toKeyring([one, other])
    expect(ring.ids).toEqual([secretId(one), secretId(other)])
    expect(ring.inUse()).toBe(secretId(one))
    expect(createSealer([one]).open(ring.seal('x', CONTEXT), CONTEXT)).toBe('x')
    expect(ring.tokens.make('t')).toEqual({ ...toKeyring([one]).tokens.make('t'), key: secretId(one) })
  })

  it('goes on with the newest key that stored records need, until it is told to use the first', () => {
    const ring = toKeyring([one, other, third])
    ring.settle(new Set([secretId(third), secretId(other)]))
    expect(ring.inUse()).toBe(secretId(other))
    expect(sealedWith(ring.seal('x', CONTEXT))).toBe(secretId(other))
    expect(ring.tokens.make('t').key).toBe(secretId(other))
    ring.settle(new Set(['unknown']))
    expect(ring.inUse()).toBe(secretId(one))
    ring.settle(new Set([secretId(third)]))
    ring.useNewest()
    ring.settle(new Set([secretId(third)]))
    expect(ring.inUse()).toBe(secretId(one))
  })

  it('opens and verifies with every key', () => {
    const ring = toKeyring([one, other])
    for (const secret of [one, other]) {
      expect(ring.open(createSealer([secret]).seal('x', CONTEXT), CONTEXT)).toBe('x')
      expect(ring.tokens.all('t')).toContain(toKeyring([secret]).tokens.make('t').hash)
    }
    expect(ring.open(createSealer([third]).seal('x', CONTEXT), CONTEXT)).toBeUndefined()
    expect([ring.knows(secretId(other)), ring.knows(secretId(third))]).toEqual([true, false])
  })

  it('gives a key for each use of each secret, the one in use first', () => {
    const ring = toKeyring([one, other])
    const [first, second] = ring.keys('cursors')
    expect(ring.keys('links')[0]).not.toEqual(first)
    expect(toKeyring([other]).keys('cursors')).toEqual([second])
    ring.settle(new Set([secretId(other)]))
    expect(ring.keys('cursors')).toEqual([second, first])
  })

  it('is itself when it was made already, and refuses secrets that are none', () => {
    const ring = toKeyring([one])
    expect(toKeyring(ring)).toBe(ring)
    for (const secrets of [[], [Buffer.alloc(31)]]) expect(() => toKeyring(secrets)).toThrow(RangeError)
  })

  it('names a secret without telling anything of it', () => {
    expect(secretId(one)).toMatch(/^[0-9a-f]{8}$/)
    expect(one.toString('hex')).not.toContain(secretId(one))
    for (const text of ['', 'v1', 'v1.x.y', 'v2.00000000.', 'v1.0000000.'])
      expect(sealedWith(text)).toBeUndefined()
  })
})
