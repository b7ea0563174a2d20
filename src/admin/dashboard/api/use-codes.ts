// The catalogue of codes, read once and shared by all pages.

import { useCallback, useEffect, useState } from 'preact/hooks'
import { call, type Failure, type Result } from './client.ts'
import type { CatalogueEntry, JournalEntry, Page, Side, SummaryItem } from './types.ts'
import { sideOf } from '../../../journal/journal-entry.ts'

const CODES_MAX = 1000

export interface Codes {
  readonly all: readonly CatalogueEntry[]
  readonly failure?: Failure
  readonly loaded: boolean
  readonly reload: () => void
}

type Read = Omit<Codes, 'reload'>

/** Until a catalogue that could not be read is asked for again: it is no page's own, so nobody else does. */
const AGAIN_MS = 5_000

let reading: Promise<Result<Page<CatalogueEntry>>> | undefined
let read: readonly CatalogueEntry[] | undefined

/** The whole catalogue; empty until it is there. */
export function useCodes(): Codes {
  const [codes, setCodes] = useState<Read>({ all: read ?? [], loaded: read !== undefined })
  const [turn, setTurn] = useState(0)
  const reload = useCallback(() => setTurn((before) => before + 1), [])
  useEffect(() => {
    if (read) return
    let wanted = true
    let again: ReturnType<typeof setTimeout> | undefined
    reading ??= call<Page<CatalogueEntry>>(`/codes?limit=${CODES_MAX}`)
    void reading.then((result) => {
      if (result.ok) read = result.value.items
      else reading = undefined
      if (!wanted) return
      if (!result.ok) again = setTimeout(reload, AGAIN_MS)
      setCodes(
        result.ok
          ? { all: result.value.items, loaded: true }
          : { all: [], loaded: false, failure: result.failure },
      )
    })
    return () => {
      wanted = false
      clearTimeout(again)
    }
  }, [turn, reload])
  return { ...codes, reload }
}

/** What the catalogue says about an entry of the journal: its fault, or the OCPI code that the responder answered. */
export function meaningOf(
  all: readonly CatalogueEntry[],
  { fault, code }: { fault?: string | null | undefined; code?: number | null | undefined },
): CatalogueEntry | undefined {
  if (fault) return all.find((entry) => entry.system === 'hub' && entry.code === fault)
  const text = String(code ?? '')
  const range = `${text.slice(0, 2)}xx`
  return all.find((entry) => entry.system === 'ocpi' && (entry.code === text || entry.code === range))
}

/** Whose side must act for a group of a summary. */
export function sideOfGroup(all: readonly CatalogueEntry[], item: SummaryItem): Side | undefined {
  if (item.at) return item.at
  const at = item.fault ? meaningOf(all, item)?.at : undefined
  if (at && at !== 'none') return at
  const answer: Pick<JournalEntry, 'at' | 'code' | 'author'> = { code: item.code ?? 0, author: 'responder' }
  return item.fault ? undefined : sideOf(answer)
}
