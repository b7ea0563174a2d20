// Which OCPI status code a fault has towards a requester of some version. Older versions know fewer codes (R104).

import type { VersionNumber } from '../ocpi/version.ts'
import type { FaultRow } from './table.ts'

/**
 * OCPI status code of a fault for a requester on `version`: the row's own from 2.2.1 on; 4000 becomes 4003 for
 * 2.2, which lacks it (T26); every 4xxx becomes 3000 for 2.1.1 and older, which have no hub codes (R104).
 */
export function statusCode(row: Pick<FaultRow, 'ocpi'>, version: VersionNumber): number {
  if (row.ocpi < 4000) return row.ocpi
  if (version === '2.0' || version === '2.1.1') return 3000
  return version === '2.2' && row.ocpi === 4000 ? 4003 : row.ocpi
}
