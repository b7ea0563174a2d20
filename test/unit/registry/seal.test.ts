// Sealing: what was sealed opens for the same purpose and owner with the same key, and in no other case.

import { describe, expect, it } from 'vitest'
import { createSealer } from '../../../src/registry/seal.ts'

const CONTEXT = { purpose: 'outbound token', owner: 'acme' }
const [one, other] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)]

describe('a sealer', () => {
  it('opens what it sealed, any text, and never writes the same twice', () => {
    const sealer = createSealer([one])
    for (const text of ['', 'token', 'ключ "🔑"', 'x'.repeat(10_000)]) {
      const sealed = sealer.seal(text, CONTEXT)
      expect(sealed).toMatch(/^v1(\.[A-Za-z0-9_-]*){4}$/)
      expect(sealed).not.toBe(sealer.seal(text, CONTEXT))
      expect(sealer.open(sealed, CONTEXT)).toBe(text)
    }
  })

  it('does not open for another purpose, owner or key', () => {
    const sealed = createSealer([one]).seal('token', CONTEXT)
    expect(createSealer([one]).open(sealed, { ...CONTEXT, purpose: 'link' })).toBeUndefined()
    expect(createSealer([one]).open(sealed, { ...CONTEXT, owner: 'other' })).toBeUndefined()
    expect(createSealer([other]).open(sealed, CONTEXT)).toBeUndefined()
  })

  it('seals with the first key and opens with any', () => {
    const old = createSealer([one]).seal('token', CONTEXT)
    const both = createSealer([other, one])
    expect(both.open(old, CONTEXT)).toBe('token')
    expect(createSealer([other]).open(both.seal('token', CONTEXT), CONTEXT)).toBe('token')
  })

  it('refuses every change of one bit, every cut and every addition', () => {
    const sealer = createSealer([one])
    const sealed = sealer.seal('hub-to-acme', CONTEXT)
    const bytes = Buffer.from(sealed)
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = Buffer.from(bytes)
      changed[bit >> 3]! ^= 1 << (bit & 7)
      expect(sealer.open(changed.toString('latin1'), CONTEXT)).toBeUndefined()
    }
    for (let length = 0; length < sealed.length; length++) {
      expect(sealer.open(sealed.slice(0, length), CONTEXT)).toBeUndefined()
    }
    for (const more of ['A', '=', '.', ' ', '\n']) expect(sealer.open(sealed + more, CONTEXT)).toBeUndefined()
  })

  it('takes no tag of fewer than 16 bytes', () => {
    const sealer = createSealer([one])
    const parts = sealer.seal('hub-to-acme', CONTEXT).split('.')
    const tag = Buffer.from(parts[4]!, 'base64url')
    for (const length of [4, 8, 12, 15]) {
      const short = [...parts.slice(0, 4), tag.subarray(0, length).toString('base64url')].join('.')
      expect(sealer.open(short, CONTEXT)).toBeUndefined()
    }
  })

  it('refuses secrets that are none', () => {
    for (const secrets of [[], [Buffer.alloc(31)], [one, Buffer.alloc(16)]]) {
      expect(() => createSealer(secrets)).toThrow('a secret key has 32 bytes')
    }
  })
})
