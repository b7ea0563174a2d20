// Missed pushes on the wire: counted while the receiver is away, gone when it has read the list through the hub.

import { afterEach, describe, expect, it } from 'vitest'
import { operate } from '../support/admin.ts'
import type { ConfigOverrides } from '../support/config.ts'
import { makeDirectory } from '../support/directory.ts'
import { ok } from '../support/envelopes.ts'
import { startHub, stage, type Scene, type TestHub } from '../support/hub.ts'
import { party, type CallOptions, type Party } from '../support/party.ts'
import { waitFor } from '../support/wait.ts'

const closing: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

type Cast = { emsp: Party; cpo: Party; second: Party }

async function staged(overrides: ConfigOverrides = {}): Promise<Scene<Cast>> {
  const scene = await stage(
    { emsp: party('NL-EMS', 'EMSP'), cpo: party('DE-CPO', 'CPO'), second: party('BE-CPO', 'CPO') },
    overrides,
  )
  closing.push(scene.close)
  scene.cpo.answers('locations', { json: ok([]) })
  scene.second.answers('locations', { json: ok([]) })
  return scene
}

const push = (cpo: Party, id: string, to = 'NL-EMS') =>
  cpo.puts('locations', { to, path: `/${cpo.key.replace('-', '/')}/${id}`, json: { id } })

/** Missed pushes of NL-EMS, once there are so many. */
function missed(hub: TestHub, count: number) {
  return waitFor(
    async () => {
      const { json } = await operate(hub, 'GET /parties/nl*ems/missed')
      return json.count === count && json
    },
    { what: `${count} missed pushes` },
  )
}

const failing = (emsp: Party) => emsp.answers('locations', { cut: 'before' })
const pull = (emsp: Party, to: string, call: CallOptions = {}) => emsp.gets('locations', { to, ...call })

const nextOf = ({ headers }: { headers: { readonly link?: string } }) =>
  /<([^>]+)>/.exec(headers.link ?? '')?.[1]

describe('missed pushes', () => {
  it('are counted, direct and broadcast, and cleared when the list is pulled', async () => {
    const { hub, emsp, cpo, second } = await staged()
    expect(await missed(hub, 0)).toEqual({ party: 'NL-EMS', count: 0, items: [] })
    failing(emsp)
    const start = Date.now()
    await push(cpo, 'LOC1')
    await push(cpo, 'LOC2')
    await push(second, 'LOC9', 'hub')
    const { items } = await missed(hub, 3)
    expect(items).toMatchObject([
      { module: 'locations', from: 'BE-CPO', count: 1, paths: ['/BE/CPO/LOC9'] },
      { module: 'locations', from: 'DE-CPO', count: 2, paths: ['/DE/CPO/LOC1', '/DE/CPO/LOC2'] },
    ])
    expect(Date.parse(items[1].first)).toBeGreaterThanOrEqual(start)
    expect(items[1].last >= items[1].first).toBe(true)
    const listed = (await operate(hub, 'GET /parties')).json.items as {
      address: string
      missed_pushes?: number
    }[]
    expect(listed.map(({ address, missed_pushes: count }) => [address, count])).toEqual([
      ['BE-CPO', 0],
      ['DE-CPO', 0],
      ['NL-EMS', 3],
    ])
    await pull(emsp, 'DE-CPO')
    expect((await missed(hub, 1)).items).toMatchObject([{ from: 'BE-CPO' }])
    await pull(emsp, 'BE-CPO')
    await missed(hub, 0)
  })

  it('are cleared by GET ALL as well, once the last page of an owner was read', async () => {
    const { hub, emsp, cpo, second } = await staged()
    failing(emsp)
    await push(cpo, 'LOC1')
    await push(second, 'LOC2')
    await missed(hub, 2)
    second.answers('locations', { status: 500, body: 'broken' })
    await pull(emsp, 'hub')
    expect((await missed(hub, 1)).items).toMatchObject([{ from: 'BE-CPO' }])
  })

  it('stay until the last page, and after a pull that failed or began later', async () => {
    const { hub, emsp, cpo } = await staged()
    failing(emsp)
    await push(cpo, 'LOC1')
    await missed(hub, 1)
    cpo.answers('locations', { status: 500, body: 'broken' })
    await pull(emsp, 'DE-CPO')
    const next = `<${cpo.url()}/its/own/data/locations?offset=1>; rel="next"`
    cpo.answers('locations', ({ url }) =>
      url.includes('offset=1') ? { json: ok([]) } : { json: ok([{}]), headers: { Link: next } },
    )
    const first = await pull(emsp, 'DE-CPO')
    await pull(emsp, 'DE-CPO', { path: '/LOC1' })
    await missed(hub, 1)
    const [, page = ''] = /<([^>]+)>/.exec(first.headers.link ?? '') ?? []
    await pull(emsp, 'DE-CPO', { path: `?offset=1&date_from=${new Date(Date.now() + 5_000).toISOString()}` })
    await missed(hub, 1)
    expect((await emsp.sends({ method: 'GET', path: page })).json().status_code).toBe(1000)
    await missed(hub, 0)
  })

  it('go by the dates that the list was asked with, where the last page names none', async () => {
    const { hub, emsp, cpo } = await staged()
    failing(emsp)
    await push(cpo, 'LOC1')
    await missed(hub, 1)
    const next = (token: string) => `<${cpo.url()}/its/own/data/locations?token=${token}>; rel="next"`
    cpo.answers('locations', ({ url }) => {
      if (url.includes('token=second')) return { json: ok([]) }
      const headers = { Link: next(url.includes('token=first') ? 'second' : 'first') }
      return { json: ok([{}]), headers }
    })

    const pullFrom = async (from: number): Promise<void> => {
      const path = `?date_from=${encodeURIComponent(new Date(from).toISOString())}`
      let page = await pull(emsp, 'DE-CPO', { path })
      for (let url = nextOf(page); url !== undefined; url = nextOf(page)) {
        page = await emsp.sends({ method: 'GET', path: url })
        expect(page.json().status_code).toBe(1000)
      }
    }
    await pullFrom(Date.now() + 60_000)
    await missed(hub, 1)
    await pullFrom(Date.now() - 60_000)
    await missed(hub, 0)
  })

  it('of a streamed list are cleared with its last byte', async () => {
    const { hub, emsp, cpo } = await staged()
    failing(emsp)
    await push(cpo, 'LOC1')
    await missed(hub, 1)
    cpo.answers('locations', { json: ok(['x'.repeat(2 * 1024 * 1024)]) })
    expect((await pull(emsp, 'DE-CPO')).json().status_code).toBe(1000)
    await missed(hub, 0)
  })

  it('are known again after a restart, without those that were pulled', async () => {
    const directory = makeDirectory()
    closing.push(directory.remove)
    const registry = { path: directory.path }
    const { hub, emsp, cpo, second } = await staged({ registry })
    failing(emsp)
    await push(cpo, 'LOC1')
    await push(second, 'LOC2')
    await missed(hub, 2)
    await pull(emsp, 'DE-CPO')
    await missed(hub, 1)
    await hub.close()
    const again = await startHub({ registry, platforms: hub.config.platforms })
    closing.push(() => again.close())
    expect((await missed(again, 1)).items).toMatchObject([{ from: 'BE-CPO', paths: ['/BE/CPO/LOC2'] }])
  })

  it('of a party that nobody knows are 404', async () => {
    const { hub } = await staged()
    for (const id of ['XX-XXX', 'nonsense']) {
      expect((await operate(hub, `GET /parties/${id}/missed`)).status).toBe(404)
    }
  })
})
