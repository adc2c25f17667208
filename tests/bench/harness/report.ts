// Plain tables on standard output: figures by contender, then the goals.
import { CONTENDERS, type Figure } from "./figures.ts";
import { judge } from "./goals.ts";
import { readableSpread } from "./statistics.ts";

/** The figures as a Markdown table: a row a figure, a column a contender that was measured at all. */
export function figureTable(figures: readonly Figure[]): string {
  const columns = CONTENDERS.filter((name) => figures.some(({ contender }) => contender === name));
  const names = [...new Set(figures.map(({ name }) => name))];
  const rows = names.map((name) => [
    name,
    ...columns.map((column) => {
      const found = figures.find((each) => each.name === name && each.contender === column);
      return readableSpread(found?.samples ?? []);
    }),
  ]);
  return table(["median [min–max]", ...columns], rows);
}

/** The goals as a Markdown table. */
export function goalTable(figures: readonly Figure[]): string {
  const rows = judge(figures).map(({ goal, what, bound, measured, verdict }) => [
    goal,
    what,
    bound,
    measured,
    verdict,
  ]);
  return table(["goal", "what", "bound", "measured", "verdict"], rows);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  const rule = `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`;
  return [line(head), rule, ...rows.map(line)].join("\n");
}
