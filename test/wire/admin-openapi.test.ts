// The description of the admin API: complete, the same as the file in docs, and shown by a page of its own.

import { afterEach, describe, expect, it } from 'vitest'
import { renderOpenApi } from '../../src/admin/render-openapi.ts'
import { startAdmin, type TestAdmin } from '../unit/admin/admin-server.ts'

let admin: TestAdmin
afterEach(() => admin.close())

interface Call {
  readonly responses: object
  /** Only of calls that need no token. */
  readonly security?: unknown
}

const BODIES = [
  ['application/json', '{'],
  ['application/json', `"${'x'.repeat(2 * 1024 * 1024)}"`],
  ['text/plain', 'x'],
] as const

/** Statuses of a call with a broken and with a long id, and with a broken, a large and a foreign body. */
async function provoke(method: string, path: string): Promise<string[]> {
  const withId = (id: string) => path.replaceAll(/\{\w+\}/g, id)
  const urls = path.includes('{') ? [withId('%ZZ'), withId('x'.repeat(600))] : []
  const bodies = method === 'GET' ? [] : BODIES
  const answers = await Promise.all([
    ...urls.map((url) => admin.call(url, { method })),
    ...bodies.map(([type, body]) =>
      admin.call(withId('x'), { method, headers: { 'content-type': type }, body }),
    ),
  ])
  return answers.map(({ status }) => String(status))
}

describe('the description of the API', () => {
  it('is OpenAPI 3.1 and names every call but the pages', async () => {
    admin = await startAdmin()
    const { json } = await admin.call('/api/v1/openapi.json')
    expect(json.openapi).toBe('3.1.0')
    expect(Object.keys(json.paths)).toEqual(
      expect.arrayContaining([
        '/api/v1/errors',
        '/api/v1/errors/{reference}',
        '/api/v1/platforms/{id}',
        '/api/v1/traffic',
        '/api/v1/traffic/pairs',
        '/metrics',
        '/health/ready',
      ]),
    )
    expect(Object.keys(json.paths).filter((path) => path.startsWith('/docs'))).toEqual([])
    const described = Object.values(json.paths as Record<string, Record<string, { operationId: string }>>)
    const calls = described.flatMap((methods) => Object.values(methods))
    for (const call of calls)
      expect(call).toMatchObject({ summary: expect.any(String), tags: [expect.any(String)] })
    const names = calls.map(({ operationId }) => operationId)
    expect(names.filter((name) => !/^[a-z]+([A-Z][a-z]+)*$/.test(name))).toEqual([])
    expect(new Set(names).size).toBe(calls.length)
  })

  it('refers only to shapes it holds, and holds none that it does not refer to', async () => {
    admin = await startAdmin()
    const { json, text } = await admin.call('/api/v1/openapi.json')
    const referred = new Set([...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name))
    expect(new Set(Object.keys(json.components.schemas))).toEqual(referred)
    expect(text).not.toMatch(/9007199254740991|"readOnly"/)
  })

  it('declares what each call answers when its URL, its body or its token is wrong', async () => {
    admin = await startAdmin()
    const { json } = await admin.call('/api/v1/openapi.json')
    const paths = Object.entries(json.paths as Record<string, Record<string, Call>>)
    for (const [path, calls] of paths) {
      for (const [method, { responses, security }] of Object.entries(calls)) {
        const answered = await provoke(method.toUpperCase(), path)
        const guarded = security === undefined ? ['401', '429'] : []
        const call = `${method.toUpperCase()} ${path}`
        expect(Object.keys(responses), call).toEqual(expect.arrayContaining([...guarded, ...answered]))
      }
    }
    expect(Object.keys(json.paths['/api/v1/platforms/{id}/suspend'].post.responses)).toEqual(
      expect.arrayContaining(['400', '413', '414', '415']),
    )
  })

  it('is the same as the file that is generated from it', async () => {
    admin = await startAdmin()
    const { json } = await admin.call('/api/v1/openapi.json')
    expect(JSON.parse(await renderOpenApi('1.2.3'))).toEqual(json)
  })

  it('is shown by a page that loads nothing from elsewhere', async () => {
    admin = await startAdmin()
    const page = await admin.call('/docs/')
    const files = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file]) => file!)
    expect(files.length).toBeGreaterThan(3)
    for (const file of files) {
      expect(file).toMatch(/^\.\/static\//)
      expect((await admin.call(`/docs/${file.slice(2)}`)).status, file).toBe(200)
    }
    expect(page.text).not.toMatch(/<script>|<style>|https?:\/\//)
  })
})
