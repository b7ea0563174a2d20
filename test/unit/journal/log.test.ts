// The lines of the log: one JSON object each, whatever is in it, and no secrets.

import { spawn, type StdioOptions } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createLog } from '../../../src/journal/log.ts'
import { toEntry } from '../../../src/journal/entry.ts'
import { waitFor } from '../../support/wait.ts'
import { exchange, failure } from './examples.ts'

function capture(options: { level?: string; exchanges?: 'errors' | 'all' } = {}) {
  const written: string[] = []
  const log = createLog(
    { level: 'info', exchanges: 'errors', ...options },
    { write: (line) => written.push(line) },
  )
  return { log, written, lines: () => written.map((line) => JSON.parse(line) as Record<string, unknown>) }
}

describe('operator lines', () => {
  it('have time, level and message', () => {
    const { log, lines } = capture()
    log.warn({ platform: 'cpo' }, 'a platform is gone')
    expect(lines()).toEqual([
      {
        level: 'warn',
        time: expect.stringMatching(/^\d{4}-.*Z$/),
        platform: 'cpo',
        msg: 'a platform is gone',
      },
    ])
  })

  it('strike out tokens, Authorization headers and response URLs, down to two levels', () => {
    const { log, written } = capture()
    log.error(
      { token: 'canary', headers: { authorization: 'Token canary' }, a: { b: { response_url: 'canary' } } },
      'x',
    )
    expect(written.join()).not.toContain('canary')
    expect(written.join()).toContain('[redacted]')
  })

  it('show an error with its stack', () => {
    const { log, lines } = capture()
    log.error({ err: new TypeError('a bug') }, 'x')
    expect(lines()[0]).toMatchObject({
      err: { type: 'TypeError', message: 'a bug', stack: expect.stringContaining('log.test') },
    })
  })

  it('obey the level, also a new one', () => {
    const { log, lines } = capture({ level: 'error' })
    log.warn({}, 'no')
    log.configure({ level: 'debug', exchanges: 'all' })
    log.debug({}, 'yes')
    expect(lines().map(({ msg }) => msg)).toEqual(['yes'])
    expect(log.wants(true)).toBe(true)
  })
})

describe('the line of an exchange', () => {
  it('names the exchange, the fault, and how long each part took', () => {
    const { log, lines } = capture()
    const failed = failure({ answeredAt: 1007, bytesIn: 10, bytesOut: 20 })
    log.exchange(toEntry(failed, 'the-reference', 1008), failed)
    expect(lines()).toEqual([
      {
        level: 'warn',
        time: expect.any(String),
        msg: 'exchange',
        arrived: '2026-03-01T12:00:00.000Z',
        reference: 'the-reference',
        author: 'hub',
        code: 4003,
        fault: 'dns_error',
        at: 'responder',
        reached: 'no',
        recovery: 'wait',
        http_status: 200,
        from: 'NL-EMS',
        to: 'DE-CPO',
        requester: 'ems',
        responder: 'cpo',
        module: 'locations',
        interface: 'SENDER',
        mode: 'direct',
        method: 'GET',
        path: '/ocpi/2.2.1/sender/locations',
        request_id: 'request-1',
        forwarded_request_id: 'request-2',
        correlation_id: 'correlation-1',
        message: 'DE-CPO: no such host name',
        total_ms: 8,
        upstream_ms: 5,
        phases: { total: 5 },
        bytes_in: 10,
        bytes_out: 20,
      },
    ])
  })

  it.each([
    ['dns_error', 'warn'],
    ['to_unknown', 'info'],
    ['token_rejected', 'error'],
    ['hub_failure', 'error'],
    ['hub_draining', 'warn'],
  ] as const)('has the level of the side that must act: %s is %s', (fault, level) => {
    const { log, lines } = capture()
    log.exchange(toEntry(failure({ fault }), 'r', 1008), {})
    expect(lines()).toMatchObject([{ level, fault }])
  })

  it('is an info when the responder answered an error', () => {
    const { log, lines } = capture()
    log.exchange(toEntry(exchange({ code: 2003 }), 'r', 1008), {})
    expect(lines()).toMatchObject([{ level: 'info', author: 'responder', code: 2003 }])
  })

  it('stays one line whatever the headers hold', () => {
    const { log, written } = capture()
    const hostile = failure({
      requestId: 'a\r\n{"level":"fatal"}\u001b[2J',
      correlationId: '\n\n',
      from: '\n',
      path: '/\r\n',
      message: 'x\u2028\n',
      detail: '\u001b]0;\u0007',
    })
    log.exchange(toEntry(hostile, 'r', 1008), hostile)
    expect(written).toHaveLength(1)
    // eslint-disable-next-line no-control-regex
    expect(written[0]!.trimEnd()).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028]|\\[nr]|\\u001b/)
  })
})

describe('standard output', () => {
  /** Writes lines of half a kilobyte; `then` is what it does after the last. */
  const program = (lines: number, then: string) => `
    const { createLog } = await import(${JSON.stringify(new URL('../../../src/journal/log.ts', import.meta.url).href)})
    const log = createLog({ level: 'info', exchanges: 'all' })
    for (let number = 0; number < ${lines}; number++) log.info({ number, text: 'x'.repeat(500) }, 'line')
    ${then}
  `
  const run = (text: string, stdio: StdioOptions) =>
    spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', text], { stdio })

  it.runIf(existsSync('/dev/full'))('may be a full disk: the hub goes on', async () => {
    const full = openSync('/dev/full', 'w')
    const child = run(program(20_000, 'process.exit(7)'), ['ignore', full, 'ignore'])
    const [code] = (await once(child, 'exit')) as [number | null]
    closeSync(full)
    expect(code).toBe(7)
  })

  it('may be a pipe that nobody reads: the hub goes on, and tells later how many lines that has cost', async () => {
    const child = run(program(20_000, "process.send('on'); setInterval(() => {}, 1000)"), [
      'ignore',
      'pipe',
      'inherit',
      'ipc',
    ])
    await once(child, 'message')
    let text = ''
    child.stdout!.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
    await waitFor(() => text.includes('log lines were lost') && text.endsWith('\n'))
    child.kill('SIGKILL')
    await once(child, 'close')
    const lines = text.trimEnd().split('\n')
    const { level, lost } = JSON.parse(lines.pop()!) as { level: string; lost: number }
    expect(level).toBe('warn')
    expect(lost).toBeGreaterThan(0)
    expect(lines.length + lost).toBe(20_000)
    expect(JSON.parse(lines.at(-1)!)).toMatchObject({ number: lines.length - 1 })
  })

  it('has every line when the process ends at once', async () => {
    const child = run(program(5_000, 'process.exit(7)'), ['ignore', 'pipe', 'ignore'])
    let text = ''
    child.stdout!.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
    await once(child, 'close')
    const lines = text.trimEnd().split('\n')
    expect(lines).toHaveLength(5_000)
    expect(JSON.parse(lines.at(-1)!)).toMatchObject({ number: 4_999 })
  })
})
