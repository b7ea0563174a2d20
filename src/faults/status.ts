// Which OCPI status code a fault has towards a requester of some version. Older versions know fewer codes (R104).

import { knowsStatusCode, type VersionNumber } from '../ocpi/version.ts'
import type { FaultRow } from './table.ts'

/**
 * OCPI status code of a fault for a requester on `version`: the row's own where the version lists it. If not, 4000
 * becomes 4003 for 2.2 (T26), every other 4xxx becomes 3000 because 2.1.1 and older have no hub codes, and an unknown
 * location or token becomes 2000 for versions that have no code of its own for it (R104).
 */
export function statusCode(row: Pick<FaultRow, 'ocpi'>, version: VersionNumber): number {
  if (knowsStatusCode(version, row.ocpi)) return row.ocpi
  if (row.ocpi < 4000) return 2000
  return knowsStatusCode(version, 4003) ? 4003 : 3000
}
