// Columns of a printed table.

/** One line to a row, all columns but the first aligned to the right. */
export function alignColumns(rows: readonly (readonly (string | number)[])[]): string {
  const cells = rows.map((row) => row.map(String))
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)))
  const aligned = (text: string, column: number): string =>
    column === 0 ? text.padEnd(widths[0]!) : text.padStart(widths[column]!)
  return cells.map((row) => row.map(aligned).join('  ')).join('\n')
}
