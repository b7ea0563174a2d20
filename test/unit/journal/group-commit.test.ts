// Group commit: what goes together, what waits for how long, and what a commit that fails takes with it.

import { describe, expect, it } from 'vitest'
import { createGroupCommit } from '../../../src/journal/group-commit.ts'

/** Commits what is put on `disk`; refuses `too much`, and remembers what went together. */
function testDisk() {
  const disk: string[] = []
  const groups: string[][] = []
  let open: string[] = []
  const commits = createGroupCommit(async (action) => {
    open = []
    action()
    const group = open
    await new Promise((resolve) => setImmediate(resolve))
    groups.push(group)
    if (group.includes('too much')) throw new Error('disk full')
    disk.push(...group)
  })
  return { disk, groups, commits, put: (text: string) => () => void open.push(text) }
}

describe('group commit', () => {
  it('commits the first at once, and all that come meanwhile together', async () => {
    const { groups, commits, put } = testDisk()
    await Promise.all(['a', 'b', 'c', 'd'].map((text) => commits.write(put(text))))
    expect(groups).toEqual([['a'], ['b', 'c', 'd']])
  })

  it('begins ten in quick succession, and then one each 60 ms for as long as writes keep coming', async () => {
    const { commits } = testDisk()
    const begun: number[] = []
    const first = performance.now()
    while (performance.now() - first < 1_000) await commits.write(() => void begun.push(performance.now()))
    const gaps = begun.slice(1).map((at, index) => at - begun[index]!)
    expect(Math.min(...gaps)).toBeGreaterThan(15)
    expect(Math.min(...gaps.slice(0, 9))).toBeLessThan(55)
    // A machine that holds this process up makes them fewer.
    expect(begun.length).toBeLessThanOrEqual(11 + (begun.at(-1)! - first) / 60)
  })

  it('keeps to the first pace while more waits than one commit takes', async () => {
    const { commits } = testDisk()
    const begun: number[] = []
    for (let count = 0; count < 30; count++) {
      await commits.write(() => void begun.push(performance.now()), { crowded: true })
    }
    const gaps = begun.slice(1).map((at, index) => at - begun[index]!)
    expect(Math.min(...gaps)).toBeGreaterThan(15)
    // Those after the first ten as well; a machine that is busy makes some longer.
    expect(Math.min(...gaps.slice(15))).toBeLessThan(55)
  })

  it('takes what waits along with what is urgent', async () => {
    const { groups, commits, put } = testDisk()
    await commits.write(put('first'))
    const waits = commits.write(put('waits'))
    expect(groups).toEqual([['first']])
    await commits.write(put('urgent'), { urgent: true })
    await waits
    expect(groups).toEqual([['first'], ['waits', 'urgent']])
  })

  it('commits each alone when they fail together, so that one is refused and the others are not', async () => {
    const { disk, commits, put } = testDisk()
    await commits.write(put('first'))
    const outcomes = await Promise.allSettled(
      ['one', 'too much', 'other'].map((text) => commits.write(put(text))),
    )
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(disk).toEqual(['first', 'one', 'other'])
    await commits.write(put('last'))
    expect(disk).toContain('last')
  })

  it('has committed everything when it was drained', async () => {
    const { disk, commits, put } = testDisk()
    void commits.write(put('a'))
    void commits.write(put('b'))
    await commits.drain()
    expect(disk).toEqual(['a', 'b'])
  })
})
