// Rows as columns of a terminal.

/** Every column as wide as its widest cell, two spaces between; those named in `right` end on the same place. */
export function inColumns(
  rows: readonly (readonly string[])[],
  right: readonly number[] = [],
): string {
  const widths: number[] = [];
  for (const row of rows)
    for (const [place, cell] of row.entries())
      widths[place] = Math.max(widths[place] ?? 0, cell.length);
  const padded = (cell: string, place: number) =>
    right.includes(place) ? cell.padStart(widths[place] ?? 0) : cell.padEnd(widths[place] ?? 0);
  return rows.map((row) => `${row.map(padded).join("  ").trimEnd()}\n`).join("");
}
