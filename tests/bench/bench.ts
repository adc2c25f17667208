// `npm run bench`: runs suites against one fake model server, side by side, and prints figures and goals.
import { parseBenchFlags, type BenchFlags } from "./harness/flags.ts";
import { figureTable, goalTable } from "./harness/report.ts";
import { runSuites } from "./run-suites.ts";

const print = (line: string) => process.stdout.write(`${line}\n`);

function flagsOrUsage(): BenchFlags | string {
  try {
    return parseBenchFlags(process.argv.slice(2));
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const flags = flagsOrUsage();
if (typeof flags === "string") {
  process.stderr.write(`${flags}\n`);
  process.exit(2);
}
// What was started ends with this process: the exit handlers of those who started it see to that.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
const { figures, failures } = await runSuites(flags, (line) => process.stderr.write(`${line}\n`));
print(`\n${figureTable(figures)}\n`);
print(
  "Times of contenders are those of one run on this machine; only the ratios below are claims.\n",
);
print(goalTable(figures));
if (!flags.peers)
  print("\nPeers were not asked for (--peers): ratios against them are not measured.");
if (flags.later.length > 0)
  print(`\nThese suites come with later parts of the product: ${flags.later.join(", ")}.`);
for (const failure of failures) print(failure);
process.exit(failures.length > 0 ? 1 : 0);
