// How results are printed: aligned columns or labelled lines for people, JSON for programs. What came from other
// parties is cleaned of control characters first, so that a terminal cannot be steered by it.

import { styleText } from 'node:util'
import { stringify } from 'yaml'
import { shownJson, shownText } from '../journal/text.ts'
import type { CliContext } from './context.ts'

export type Style = Parameters<typeof styleText>[0]

/** A column of a table: its heading and the text of a cell. */
export interface Column<T> {
  readonly title: string
  text(item: T): string
  style?(item: T): Style | undefined
}

/** Colours `text` if the context allows. */
export function styled(context: Pick<CliContext, 'coloured'>, style: Style, text: string): string {
  return context.coloured ? styleText(style, text, { validateStream: false }) : text
}

/** The same for standard error. */
export function styledErr(context: CliContext, style: Style, text: string): string {
  return styled({ coloured: context.colouredErr ?? context.coloured }, style, text)
}

/** Rows under headings; columns as wide as their widest cell, the last one as it is. */
export function printTable<T>(context: CliContext, items: readonly T[], columns: readonly Column<T>[]): void {
  const cells = items.map((item) => columns.map((column) => shownText(column.text(item))))
  const widths = columns.map(({ title }, index) =>
    Math.max(title.length, ...cells.map((row) => row[index]!.length)),
  )
  const heading = columns.map(({ title }, index) => pad(title, index, widths)).join('  ')
  context.out(styled(context, 'dim', heading.trimEnd()))
  for (const [row, item] of items.entries()) context.out(line(context, item, cells[row]!, columns, widths))
}

function line<T>(
  context: CliContext,
  item: T,
  cells: readonly string[],
  columns: readonly Column<T>[],
  widths: readonly number[],
): string {
  const parts = columns.map((column, index) => {
    const style = column.style?.(item)
    const text = pad(cells[index]!, index, widths)
    return style === undefined ? text : styled(context, style, text)
  })
  return parts.join('  ').trimEnd()
}

function pad(text: string, index: number, widths: readonly number[]): string {
  return index === widths.length - 1 ? text : text.padEnd(widths[index]!)
}

/** `label  text` lines under each other; those without text are left out. */
export function printLabelled(
  context: CliContext,
  lines: readonly (readonly [string, string | undefined])[],
): void {
  const present = lines.filter(([, text]) => text !== undefined && text !== '')
  const width = Math.max(0, ...present.map(([label]) => label.length))
  for (const [label, text] of present) {
    context.out(`  ${styled(context, 'dim', label.padEnd(width))}  ${shownText(text!)}`)
  }
}

/** Data of any shape for people: YAML, which by itself escapes only some of what cannot be shown. */
export function printData(context: CliContext, data: unknown): void {
  context.out(stringify(data, { lineWidth: 0 }).trimEnd().split('\n').map(shownText).join('\n'))
}

/** Data for programs, which may be looked at on a terminal as well; on lines of its own, or on one. */
export function printJson(context: CliContext, data: unknown, indent: 0 | 2 = 2): void {
  context.out(shownJson(JSON.stringify(data ?? null, null, indent)))
}
