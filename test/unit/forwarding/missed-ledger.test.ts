// What was pulled is kept, so that the next start does not count it again: also when much is pulled at once.

import { expect, it } from 'vitest'
import { openMissedLedger } from '../../../src/forwarding/missed-ledger.ts'
import type { JournalEntry } from '../../../src/journal/journal-entry.ts'
import { createMemorySettings } from '../../../src/registry/settings.ts'
import { waitFor } from '../../support/wait.ts'

const MISSED_AT = Date.now() - 60_000
const senders = Array.from({ length: 40 }, (_, number) => `DE-${100 + number}`)
const missedPushes = senders.map(
  (from) =>
    ({
      time: new Date(MISSED_AT).toISOString(),
      fault: 'connection_refused',
      at: 'responder',
      reached: 'no',
      from,
      to: 'NL-EMS',
      module: 'locations',
      interface: 'RECEIVER',
      method: 'PUT',
      path: `/ocpi/2.2.1/receiver/locations/${from.replace('-', '/')}/LOC1`,
      mode: 'direct',
    }) as JournalEntry,
)

it('keeps every pull of many at the same time, and while another hub keeps its own', async () => {
  const settings = createMemorySettings()
  const journal = { query: () => Promise.resolve(undefined), watch: () => () => undefined }
  const open = () => openMissedLedger({ journal, settings, log: { warn: () => undefined } })
  const hubs = await Promise.all([open(), open()])
  for (const { missed } of hubs) missed.add(missedPushes)
  expect(hubs[0].missed.of('NL-EMS')).toHaveLength(senders.length)
  for (const [index, from] of senders.entries()) {
    const pull = { receiver: 'NL-EMS', from, module: 'locations', since: 0, until: Date.now() }
    hubs[index % 2]!.missed.pulled(pull)
  }
  await waitFor(async () => {
    const kept = await settings.read('pulled')
    return Object.keys(JSON.parse(kept?.text ?? '{}') as object).length === senders.length
  })
  const restarted = await open()
  restarted.missed.add(missedPushes)
  expect(restarted.missed.isEmpty()).toBe(true)
  for (const ledger of [...hubs, restarted]) ledger.close()
})
