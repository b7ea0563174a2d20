// The body of a request is checked to be JSON, at a cost that has a bound.

import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createHead } from '../../../src/routing/head.ts'
import { toMessage } from '../../../src/routing/message.ts'

const URL_READ = { version: '2.2.1', module: 'cdrs', interface: 'RECEIVER', rest: '', query: '' } as const
const read = (text: string) => toMessage(URL_READ, 'POST', createHead(), Buffer.from(text)).body!.toString()

describe('toMessage', () => {
  const padding = ' '.repeat(100_000)

  it.each(['{"a":[1]}', `{"a":[1]${padding}}`, `\uFEFF{"a":[1]${padding}}`])(
    'keeps the bytes of JSON',
    (text) => {
      expect(read(text)).toBe(text)
    },
  )

  it.each(['{"a":[1}', `{"a":[1${padding}}`, `${padding}{"a":1},`])('refuses what is no JSON', (text) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ code: 'body_not_json' }))
  })

  it('makes no value of a large body: of 10 MiB of it that would take seconds and a gigabyte', () => {
    const parse = vi.spyOn(JSON, 'parse')
    onTestFinished(() => parse.mockRestore())
    read(`[${'[],'.repeat(50_000)}1]`)
    expect(parse).not.toHaveBeenCalled()
  })
})
