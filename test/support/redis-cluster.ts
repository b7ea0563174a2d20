// A Redis Cluster of three masters without replicas, made by hand: epochs, slots, meeting. Each node is stopped,
// killed and started like any server; without replicas the cluster is down while one of them is.

import { Redis } from 'ioredis'
import { startRedis, type RedisHandle } from './redis.ts'
import { waitFor } from './wait.ts'

export interface RedisCluster {
  /** As registry.url has it. */
  readonly url: string
  /** The node that has a key, and one that has not. */
  nodesFor(key: string): Promise<{ readonly owner: RedisHandle; readonly other: RedisHandle }>
  /** Waits until every node says that all slots are served. */
  ready(): Promise<void>
  /** A command on every node. */
  onAll(name: string, ...args: (string | number)[]): Promise<void>
  /** Keys on all nodes. */
  keys(): Promise<string[]>
  /** The text of every value below a key prefix. */
  dump(prefix: string): Promise<string>
  end(): Promise<void>
}

const SLOTS = 16_384
const NODES = 3
const OPTIONS = [
  '--cluster-enabled',
  'yes',
  '--cluster-node-timeout',
  '1000',
  '--cluster-announce-ip',
  '127.0.0.1',
]

/** Starts it and waits until it serves. */
export async function startCluster(): Promise<RedisCluster> {
  const nodes = await Promise.all(
    Array.from({ length: NODES }, () => startRedis({ appendonly: 'always', args: OPTIONS })),
  )
  for (const [index, node] of nodes.entries()) {
    await node.command('CLUSTER', 'SET-CONFIG-EPOCH', index + 1)
    await node.command('CLUSTER', 'ADDSLOTS', ...slotsOf(index))
    if (index > 0) await nodes[0]!.command('CLUSTER', 'MEET', '127.0.0.1', node.port)
  }

  async function ready(): Promise<void> {
    for (const node of nodes) {
      await waitFor(
        async () => {
          const facts = String(await node.command('CLUSTER', 'INFO'))
          return facts.includes('cluster_state:ok') && facts.includes(`cluster_known_nodes:${NODES}`)
        },
        { limitMs: 20_000, what: 'a whole cluster' },
      )
    }
  }

  const keys = async () => {
    const found = await Promise.all(nodes.map((node) => node.command('KEYS', '*') as Promise<string[]>))
    return found.flat()
  }

  await ready()
  return {
    url: `redis+cluster://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}`,
    async nodesFor(key) {
      const slot = Number(await nodes[0]!.command('CLUSTER', 'KEYSLOT', key))
      const index = Array.from(nodes, (_, at) => slotsOf(at).includes(slot)).indexOf(true)
      return { owner: nodes[index]!, other: nodes[(index + 1) % NODES]! }
    },
    ready,
    onAll: async (name, ...args) =>
      void (await Promise.all(nodes.map((node) => node.command(name, ...args)))),
    keys,
    dump: async (prefix) => (await Promise.all(nodes.map((node) => dumpNode(node, prefix)))).join('\n'),
    end: async () => void (await Promise.all(nodes.map((node) => node.end()))),
  }
}

/** The slots of a node, in even parts. */
function slotsOf(index: number): number[] {
  const [first, end] = [index, index + 1].map((part) => Math.floor((part * SLOTS) / NODES))
  return Array.from({ length: end! - first! }, (_, at) => first! + at)
}

async function dumpNode(node: RedisHandle, prefix: string): Promise<string> {
  const client = new Redis(node.url, { protocol: 2 })
  try {
    const keys = (await client.keys('*')).filter((key) => key.startsWith(prefix))
    const values = await Promise.all(keys.map((key) => client.dumpBuffer(key)))
    const hashes = await Promise.all(keys.map((key) => client.hgetall(key).catch(() => ({}))))
    return JSON.stringify([keys, hashes]) + values.map((value) => value?.toString('latin1')).join('\n')
  } finally {
    client.disconnect()
  }
}
