// A table of links as one stop of the tabulator: the arrow keys move inside it, so that what stands behind a big table
// is not a hundred steps away.

import type { RefObject } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'

const STEPS: Readonly<Record<string, readonly [rows: number, columns: number]>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
}

/** Looks after the links of the table that `table` stands for. */
export function useGridKeys(table: RefObject<HTMLTableElement | null>): void {
  const stop = useRef<readonly [row: number, column: number]>([-1, -1])

  // With each drawing: links come and go.
  useLayoutEffect(() => {
    const links = [...(table.current?.querySelectorAll('a') ?? [])]
    const [row, column] = stop.current
    const chosen = links.find((link) => placeOf(link).join() === `${row},${column}`) ?? links[0]
    for (const link of links) link.tabIndex = link === chosen ? 0 : -1
  })

  useLayoutEffect(() => {
    const element = table.current
    if (!element) return
    const onFocus = ({ target }: FocusEvent): void => {
      if (!(target instanceof HTMLAnchorElement)) return
      for (const link of element.querySelectorAll('a')) link.tabIndex = link === target ? 0 : -1
      stop.current = placeOf(target)
    }
    const onKey = (event: KeyboardEvent): void => {
      const step = STEPS[event.key]
      if (!step || !(event.target instanceof HTMLAnchorElement)) return
      event.preventDefault()
      nextLink(element, placeOf(event.target), step)?.focus()
    }
    element.addEventListener('focusin', onFocus)
    element.addEventListener('keydown', onKey)
    return () => {
      element.removeEventListener('focusin', onFocus)
      element.removeEventListener('keydown', onKey)
    }
  }, [])
}

function placeOf(link: HTMLElement): readonly [row: number, column: number] {
  const cell = link.closest<HTMLTableCellElement>('td, th')
  const row = link.closest('tr')
  return [row?.rowIndex ?? -1, cell?.cellIndex ?? -1]
}

/** The next cell with a link in that direction; cells without one are passed over. */
function nextLink(
  { rows }: HTMLTableElement,
  [row, column]: readonly [number, number],
  [down, right]: readonly [number, number],
): HTMLAnchorElement | undefined {
  for (let y = row + down, x = column + right; rows[y]?.cells[x]; y += down, x += right) {
    const link = rows[y]?.cells[x]?.querySelector('a')
    if (link) return link
  }
  return undefined
}
