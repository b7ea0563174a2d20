// What a partner's view makes of entries that another version of the hub has written.

import { expect, it } from 'vitest'
import { collectView } from '../../../src/admin/view-data.ts'
import type { FaultCode } from '../../../src/faults/table.ts'
import { buildRoutingTable } from '../../../src/registry/routing-table.ts'
import { platform } from '../../support/platforms.ts'
import { entry } from '../journal/examples.ts'

it('a fault that is not known here is shown without advice', async () => {
  const table = buildRoutingTable([platform('nl-ems')], 1)
  const failed = entry({ requester: 'nl-ems', fault: 'of_tomorrow' as FaultCode, at: 'requester' })
  const { errors } = await collectView(table.connections.get('nl-ems')!, {
    hub: { countryCode: 'NL', partyId: 'HUB', name: 'Hub' },
    journal: { query: async () => ({ items: [failed] }) },
    history: { of: async () => [] },
    missed: { of: () => [] },
  })
  expect(errors).toMatchObject([{ reference: failed.reference, fault: 'of_tomorrow' }])
  expect(errors[0]).not.toHaveProperty('advice')
})
