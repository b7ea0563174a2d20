// Directories of tests, on the disk and gone afterwards.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Makes an empty directory; `remove` takes it away with all it holds. */
export function makeDirectory(): { readonly path: string; readonly remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'ocpi-hub-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}
