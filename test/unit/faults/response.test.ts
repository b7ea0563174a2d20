// What a requester reads of a fault: one sentence with the party as it is named, whatever characters its id has.

import { describe, expect, it } from 'vitest'
import { Fault } from '../../../src/faults/fault.ts'
import { faultAnswer } from '../../../src/faults/response.ts'

describe('the sentence of a fault', () => {
  it.each(['DE-CPO', "DE-$&'", 'DE-$`$', 'DE-$$1'])('names the party %s in it', (to) => {
    const { message } = faultAnswer(new Fault('connection_terminated'), { to })
    expect(message).toBe(`The connection broke while ${to} had not answered yet.`)
  })
})
