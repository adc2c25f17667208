// `npm run chaos`: kills the whole product under load many times and says which promises were broken.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { patchedBundles } from "./bundles.ts";
import { runChaos, type ChaosReport } from "./run-chaos.ts";
import { SMALL_LIMITS } from "./small-limits.ts";

const SHOWN_VIOLATIONS = 20;

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "200" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    clients: { type: "string", default: "6" },
  },
});
const say = (line: string): void => void process.stdout.write(`${line}\n`);

say(`chaos: ${values.kills} kills, ${values.clients} clients, seed ${values.seed}`);
const bundles = await patchedBundles(SMALL_LIMITS);
const report = await runChaos({
  bundles,
  kills: wholeNumber(values.kills, "--kills"),
  seed: wholeNumber(values.seed, "--seed"),
  clients: wholeNumber(values.clients, "--clients"),
  tell: say,
}).finally(() => rmSync(bundles, { recursive: true, force: true }));
tellReport(report);
process.exitCode = report.violations.length === 0 ? 0 : 1;

function wholeNumber(text: string, flag: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`${flag} wants a whole number, not "${text}".`);
  return Number(text);
}

function tellReport({ violations, history, outcome, recoveriesMs }: ChaosReport): void {
  const count = (type: string) => history.filter((entry) => entry.type === type).length;
  const sorted = recoveriesMs.toSorted((a, b) => a - b);
  const outcomes = Object.entries(Object.groupBy(outcome.runs, (run) => run.state));
  say(
    `${count("sent")} commands sent, ${count("acked")} acknowledgements, ${outcome.log.length} events`,
  );
  say(`${count("opened")} connections, ${outcome.hits.length} effects`);
  say(`runs: ${outcomes.map(([state, runs]) => `${runs?.length} ${state}`).join(", ")}`);
  const kinds = Object.entries(Object.groupBy(outcome.jobs, ({ kind }) => kind));
  say(`storage: ${kinds.map(([kind, jobs]) => `${jobs?.length} ${kind}`).join(", ")}`);
  say(`copies: ${count("copy-asked")} asked for, ${count("copied")} acknowledged`);
  say(`recovery: median ${sorted[sorted.length >> 1]} ms, longest ${sorted.at(-1)} ms`);
  if (violations.length === 0) return say("every promise was kept");
  for (const { rule, text } of violations.slice(0, SHOWN_VIOLATIONS))
    say(`BROKEN ${rule}: ${text}`);
  const folder = mkdtempSync(join(tmpdir(), "acos-chaos-report-"));
  writeFileSync(join(folder, "outcome.json"), JSON.stringify({ violations, outcome }, null, 1));
  writeFileSync(
    join(folder, "history.jsonl"),
    history.map((entry) => JSON.stringify(entry)).join("\n"),
  );
  say(`${violations.length} broken; history and outcome are in ${folder}`);
}
