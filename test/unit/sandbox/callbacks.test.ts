// Which URLs the sandbox's parties may call, how many calls may wait, and that none outlives the sandbox.

import { describe, expect, it } from 'vitest'
import { createCallbacks, type Call } from '../../../src/sandbox/callbacks.ts'

const CALL: Call = { method: 'POST', url: 'http://127.0.0.1:1/', token: 't', headers: {}, body: {} }

describe('call-backs', () => {
  it('go to the origin of the hub only, when it is known', () => {
    const callbacks = createCallbacks('http://localhost:8080/ocpi/versions')
    expect(callbacks.mayCall('http://localhost:8080/ocpi/2.2.1/sender/commands/x')).toBe(true)
    for (const url of [
      'http://localhost:8081/',
      'https://localhost:8080/',
      'http://evil.example/',
      '/x',
      '',
    ]) {
      expect(callbacks.mayCall(url)).toBe(false)
    }
  })

  it('go to any http or https URL, when there is no hub yet', () => {
    const callbacks = createCallbacks(undefined)
    expect(callbacks.mayCall('https://hub.example/x')).toBe(true)
    expect(callbacks.mayCall('file:///etc/passwd')).toBe(false)
    expect(callbacks.mayCall('javascript:0')).toBe(false)
  })

  it('wait in a bounded number, and not at all once the sandbox is closed', () => {
    const callbacks = createCallbacks(undefined)
    const many = Array.from({ length: 1000 }, () => ({ call: CALL, afterMs: 60_000 }))
    expect(callbacks.schedule(many)).toBe(true)
    expect(callbacks.schedule([{ call: CALL, afterMs: 60_000 }])).toBe(false)
    callbacks.close()
    expect(callbacks.schedule([{ call: CALL, afterMs: 60_000 }])).toBe(false)
  })
})
