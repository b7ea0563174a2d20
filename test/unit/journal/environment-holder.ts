// A process of its own that holds a data directory, and on demand writes one number after the other, telling each
// when it is acknowledged, or writes small and large by turns, telling what became of them.

import { openEnvironment } from '../../../src/journal/environment.ts'

const environment = await openEnvironment(process.argv[2]!)
const texts = environment.openDatabase<string>({ name: 'texts' })
const numbers = environment.openDatabase<number>({ name: 'numbers' })

async function writeOn(): Promise<never> {
  for (let number = 0; ; number++) {
    await environment.write(() => void numbers.put(`${number}`, number))
    process.send!(number)
  }
}

/** Rows that come and go, as those of a journal, and one that changes. */
async function writeByTurns(): Promise<void> {
  const outcomes = new Set<string>()
  for (let turn = 0; turn < 200; turn++) {
    const rows = turn % 3 === 0 ? 1 + (turn % 30) : turn % 2
    const writing = environment.write(
      () => {
        for (let row = 0; row < rows; row++) void texts.put(`${Math.random()}`, 'x'.repeat(500))
        if (turn > 50) for (const key of texts.getKeys({ limit: rows })) void texts.remove(key)
        void numbers.put(`${turn % 7}`, turn)
      },
      { urgent: true },
    )
    outcomes.add(
      await writing.then(
        () => 'written',
        (error: Error) => error.message,
      ),
    )
  }
  process.send!([...outcomes])
}

process.on('message', (wish) => void (wish === 'by turns' ? writeByTurns() : writeOn()))
process.on('disconnect', () => process.exit())
process.send!('opened')
