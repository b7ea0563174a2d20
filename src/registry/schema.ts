// Versions of the form of stored bodies. A store of an older version is upgraded when it is opened, step by step;
// a newer one is refused, because this program could not keep what it does not know; a hub that runs while a newer one
// takes its store over follows it without writing. So a step that gives a member another meaning gives it another name.

import { z } from 'zod'
import { parseJson } from '../ocpi/json-text.ts'
import { readRecord } from './record.ts'
import type { StoreContent, StoredRecord } from './store.ts'

const BODY = z.record(z.string(), z.unknown())
const ROLES = z.array(BODY)

/** Makes a body of version n + 1 out of one of version n. Pure. */
export type UpgradeStep = (body: Readonly<Record<string, unknown>>) => Record<string, unknown>

/** Step n - 1 leads from version n to n + 1. */
export const UPGRADE_STEPS: readonly UpgradeStep[] = [withCreated]

/** 2: roles say since when they are known (R71); of older ones the last change is all that is known. */
function withCreated(body: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const roles = ROLES.safeParse(body.roles).data
  // A broken body stays as it is, and is told as broken.
  if (!roles) return { ...body }
  return { ...body, roles: roles.map((role) => ({ ...role, created: role.created ?? role.lastUpdated })) }
}

/** The version that `steps` lead to. */
export function schemaOf(steps: readonly UpgradeStep[]): number {
  return 1 + steps.length
}

/** Throws `RangeError`, in words for the operator, when the store is of a newer version than `steps` know. */
export function refuseNewer(content: Pick<StoreContent, 'schema'>, steps: readonly UpgradeStep[]): void {
  if (content.schema > schemaOf(steps)) {
    throw new RangeError(
      `it was written by a newer ocpi-hub (registry schema ${content.schema}, this one knows up to ${schemaOf(steps)}): upgrade this hub`,
    )
  }
}

/** The records of an older store in today's form. Those that cannot be read are left as they are. */
export function upgradeRecords(content: StoreContent, steps: readonly UpgradeStep[]): StoredRecord[] {
  const due = steps.slice(content.schema - 1)
  const records = [...content.records].map(([id, text]) => readRecord(id, text))
  return records.flatMap((record) => {
    if (!record || record.body === null) return []
    const body = upgradeBody(parseJson(record.body), due)
    return body ? [{ ...record, body: JSON.stringify(body) }] : []
  })
}

function upgradeBody(body: unknown, steps: readonly UpgradeStep[]): Record<string, unknown> | undefined {
  try {
    return steps.reduce((form, step) => step(form), BODY.parse(body))
  } catch {
    return undefined
  }
}
