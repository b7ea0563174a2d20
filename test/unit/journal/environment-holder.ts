// A process of its own that holds a data directory, and on demand writes one number after the other, telling each
// when it is acknowledged.

import { openEnvironment } from '../../../src/journal/environment.ts'

const environment = await openEnvironment(process.argv[2]!)
const numbers = environment.openDatabase<number>({ name: 'numbers' })

async function writeOn(): Promise<never> {
  for (let number = 0; ; number++) {
    await environment.write(() => void numbers.put(`${number}`, number))
    process.send!(number)
  }
}

process.on('message', () => void writeOn())
process.on('disconnect', () => process.exit())
process.send!('opened')
