// Codes that a dialect's table lacks are counted each time and logged once, as long as there are not too many.

import { expect, it } from 'vitest'
import { countUnknownCodes } from '../../../src/forwarding/dialect-answer.ts'

function watched() {
  const counted: string[] = []
  const logged: object[] = []
  const add = (labels: readonly string[]) => void counted.push(labels.join(' '))
  const counter = () => ({ add, cell: () => ({ count: 0 }) })
  const unknownCode = countUnknownCodes({ counter }, { warn: (fields) => void logged.push(fields) })
  return { counted, logged, unknownCode }
}

it('counts every time, and logs each code of each dialect once', () => {
  const { counted, logged, unknownCode } = watched()
  for (let count = 0; count < 3; count++) {
    unknownCode('ivxp', 'NEW')
    unknownCode('proof', 'new/NEW')
  }
  expect(counted).toEqual(['ivxp', 'proof', 'ivxp', 'proof', 'ivxp', 'proof'])
  expect(logged).toEqual([
    { dialect: 'ivxp', responder_code: 'NEW' },
    { dialect: 'proof', responder_code: 'new/NEW' },
  ])
})

it('remembers and logs a thousand codes at most: a service that makes them up fills neither memory nor log', () => {
  const { counted, logged, unknownCode } = watched()
  for (let count = 0; count < 5_000; count++) unknownCode('ivxp', `NEW_${count}`)
  expect([counted.length, logged.length]).toEqual([5_000, 1_000])
})
