// A Sentinel that tells of a new master at the worst moment: while it is being asked for the address of one.

import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { openRedis } from '../../src/journal/redis.ts'
import { startRedis } from '../support/redis.ts'
import { waitFor } from '../support/wait.ts'

const text = (words: string): string => `$${words.length}\r\n${words}\r\n`

/** Knows one master; its answers can be held back. */
async function scriptedSentinel(masterPort: number) {
  const sockets = new Set<Socket>()
  const subscribers = new Set<Socket>()
  const asking: Socket[] = []
  let holds = false
  const tell = (socket: Socket): boolean => socket.write(`*2\r\n${text('127.0.0.1')}${text(`${masterPort}`)}`)
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => subscribers.delete(socket)).on('error', () => undefined)
    socket.setEncoding('latin1').on('data', (bytes: string) => {
      for (const command of bytes.split(/^\*\d+\r\n/m).slice(1)) {
        if (/get-master-addr/i.test(command)) {
          if (holds) asking.push(socket)
          else tell(socket)
        } else if (/subscribe/i.test(command)) {
          subscribers.add(socket)
          socket.write(`*3\r\n${text('subscribe')}${text('+switch-master')}:1\r\n`)
        } else socket.write(/sentinels/i.test(command) ? '*0\r\n' : '+OK\r\n')
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return {
    port: (server.address() as AddressInfo).port,
    subscribers,
    asking,
    hold: () => void (holds = true),
    switchMaster() {
      for (const socket of subscribers)
        socket.write(`*3\r\n${text('message')}${text('+switch-master')}${text('mymaster')}`)
    },
    answer() {
      holds = false
      for (const socket of asking.splice(0)) tell(socket)
    },
  }
}

it('a new master that is told of while its address is asked for is followed, by commands and messages', async () => {
  const redis = await startRedis()
  onTestFinished(() => redis.end())
  const sentinel = await scriptedSentinel(redis.port)
  const connection = openRedis({
    url: `redis+sentinel://127.0.0.1:${sentinel.port}/mymaster?protocol=2`,
    keyPrefix: 'ocpi-hub:',
  })
  onTestFinished(() => connection.close())
  const heard: string[] = []
  const channel = connection.key('news')
  connection.subscribe(channel, (message) => heard.push(message))
  const hears = async (message: string) => {
    await connection.call('PUBLISH', [channel, message]).catch(() => undefined)
    return heard.includes(message)
  }
  await waitFor(() => hears('before'))
  await waitFor(() => sentinel.subscribers.size === 2)

  sentinel.hold()
  await redis.kill9()
  await waitFor(() => sentinel.asking.length === 2)
  sentinel.switchMaster()
  await waitFor(() => sentinel.subscribers.size === 0)
  await redis.start()
  sentinel.answer()
  await waitFor(() => hears('after'))
  expect(heard).toContain('after')
})
