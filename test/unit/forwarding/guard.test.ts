// Which URLs the hub may call, as they are written.

import { describe, expect, it } from 'vitest'
import { createAddressGuard } from '../../../src/forwarding/guard.ts'

const allowed = (requireHttps: boolean, allow: readonly string[]) => {
  const guard = createAddressGuard({ requireHttps, allow: [...allow] })
  return (url: string) => guard.allowsUrl(new URL(url))
}

describe('a URL as it is written', () => {
  it('is allowed with a host name, whose addresses are looked at when it is called', () => {
    expect(allowed(true, [])('https://localhost/ocpi')).toBe(true)
  })

  it('needs https where the operator requires it', () => {
    expect(allowed(true, [])('http://ocpi.example/locations')).toBe(false)
    expect(allowed(false, [])('http://ocpi.example/locations')).toBe(true)
    expect(allowed(false, [])('ftp://ocpi.example/locations')).toBe(false)
  })

  it.each(['10.1.2.3', '127.1', '0x7f000001', '169.254.169.254', '[::1]', '[::ffff:10.1.2.3]', '[fd00::1]'])(
    'is refused with the private address %s unless its range is allowed',
    (host) => {
      expect(allowed(true, [])(`https://${host}/`)).toBe(false)
      const ranges = ['10.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '::1/128', 'fd00::/8']
      expect(allowed(true, ranges)(`https://${host}/`)).toBe(true)
    },
  )
})
