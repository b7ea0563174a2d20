// Host names whose name servers keep silent are no trouble of the others (RFC 8767).

import { execFile } from 'node:child_process'
import type { LookupAddress } from 'node:dns'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { createHostLookup, type LookupResult } from '../../../src/forwarding/host-lookup.ts'

const ADDRESS: LookupAddress = { address: '192.0.2.1', family: 4 }
const failure = (code: string) => Object.assign(new Error(code), { code })

/** A look-up over a resolver that answers when the test says so. */
function setUp() {
  const asked: { readonly name: string; readonly answer: LookupResult }[] = []
  const clock = { now: 0 }
  const lookup = createHostLookup(
    (name, answer) => void asked.push({ name, answer }),
    () => clock.now,
  )
  const find = (name: string) =>
    new Promise<string | undefined>((resolve) => {
      lookup(name, (error, [first]) => resolve(error ? error.code : first?.address))
    })
  return { asked, clock, find }
}

async function withKnown() {
  const scene = setUp()
  const first = scene.find('cpo.example')
  scene.asked[0]!.answer(null, [ADDRESS])
  expect(await first).toBe('192.0.2.1')
  return scene
}

describe('createHostLookup', () => {
  it('asks once for all who wait for a name', async () => {
    const { asked, find } = setUp()
    const found = Promise.all([find('cpo.example'), find('cpo.example')])
    expect(asked).toHaveLength(1)
    asked[0]!.answer(null, [ADDRESS])
    expect(await found).toEqual(['192.0.2.1', '192.0.2.1'])
  })

  it('takes the answer it had before while the resolver keeps silent', async () => {
    const { find } = await withKnown()
    expect(await find('cpo.example')).toBe('192.0.2.1')
  })

  it('takes it when the resolver does not get through, and not when the name is gone', async () => {
    const { asked, find } = await withKnown()
    const unanswered = find('cpo.example')
    asked[1]!.answer(failure('EAI_AGAIN'), [])
    expect(await unanswered).toBe('192.0.2.1')
    const gone = find('cpo.example')
    asked[2]!.answer(failure('ENOTFOUND'), [])
    expect(await gone).toBe('ENOTFOUND')
    const stillGone = find('cpo.example')
    asked[3]!.answer(failure('EAI_AGAIN'), [])
    expect(await stillGone).toBe('EAI_AGAIN')
  })

  it('takes it for an hour, and a new answer before it', async () => {
    const { asked, clock, find } = await withKnown()
    clock.now = 3_600_000
    const moved = find('cpo.example')
    asked[1]!.answer(null, [{ address: '192.0.2.2', family: 4 }])
    expect(await moved).toBe('192.0.2.2')
    clock.now += 3_600_001
    const late = find('cpo.example')
    asked[2]!.answer(failure('EAI_AGAIN'), [])
    expect(await late).toBe('EAI_AGAIN')
  })

  it('lets so many names wait and no more, and those it knows are found all the same', async () => {
    const { asked, find } = await withKnown()
    for (let count = 0; count < 100; count++) void find(`${count}.silent.example`)
    expect(await find('101.silent.example')).toBe('EAI_AGAIN')
    expect(await find('cpo.example')).toBe('192.0.2.1')
    expect(asked).toHaveLength(101)
  })

  it('takes it when no file can be opened, and blames nobody where it has none', async () => {
    const { asked, find } = await withKnown()
    const unasked = find('cpo.example')
    asked[1]!.answer(failure('EMFILE'), [])
    expect(await unasked).toBe('192.0.2.1')
    const stranger = find('emsp.example')
    asked[2]!.answer(failure('EMFILE'), [])
    expect(await stranger).toBe('EMFILE')
  })

  it("tells that no file can be opened, which the machine's resolver calls an unknown name", async () => {
    const source = new URL('../../../src/forwarding/host-lookup.ts', import.meta.url).href
    const program = `
      const { createHostLookup } = await import(${JSON.stringify(source)})
      const { openSync } = await import('node:fs')
      const { setTimeout: pause } = await import('node:timers/promises')
      let [opened, before] = [0, -1]
      const fill = () => { try { for (;; opened++) openSync('/dev/null') } catch {} }
      // What the start has left open is closed meanwhile.
      for (fill(); opened > before; fill()) {
        before = opened
        await pause(100)
      }
      createHostLookup()('localhost', (error) => process.stdout.write(String(error?.code)))
    `
    const limited = ['-c', 'ulimit -n 300 && exec "$0" "$@"', process.execPath]
    const node = ['--import', 'tsx', '--input-type=module', '-e', program]
    const { stdout } = await promisify(execFile)('sh', [...limited, ...node])
    expect(stdout).toBe('EMFILE')
  })
})
