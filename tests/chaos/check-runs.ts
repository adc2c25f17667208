// Runs: every one came to an end that can be seen, by a path that makes sense.
import type { GroupEvent } from "@acos/protocol";

import { groupBy, type Outcome, type Violation } from "./history.ts";

type RunEvent = Extract<GroupEvent, { run: string }>;

/** Rules K9 and K10. */
export function checkRuns(outcome: Outcome): Violation[] {
  return [...checkEnded(outcome), ...checkLives(outcome)];
}

function checkEnded(outcome: Outcome): Violation[] {
  const violations: Violation[] = [];
  const asked = new Set<string>(outcome.group.approvals.map((approval) => approval.run));
  for (const run of outcome.runs) {
    if (run.state === "queued" || run.state === "running")
      violations.push({ rule: "K9", text: `${run.run} is still ${run.state}` });
    if (run.state === "waiting" && !asked.has(run.run))
      violations.push({ rule: "K9", text: `${run.run} waits, but no approval is open` });
  }
  const listed = new Map<string, string>(outcome.runs.map((run) => [run.run, run.state]));
  for (const { event } of outcome.log) {
    if (event.kind === "run-queued" && !listed.has(event.run))
      violations.push({ rule: "K9", text: `${event.run} is in the log, but in no list of runs` });
    if (event.kind === "run-ended" && listed.get(event.run) !== event.outcome)
      violations.push({
        rule: "K9",
        text: `${event.run} ended as ${event.outcome}, the list says ${listed.get(event.run)}`,
      });
  }
  return violations;
}

function checkLives(outcome: Outcome): Violation[] {
  const events = outcome.log
    .map((row) => row.event)
    .filter((event): event is RunEvent => "run" in event && event.run !== undefined);
  return [...groupBy(events, (event) => event.run)].flatMap(([run, life]) => checkLife(run, life));
}

function checkLife(run: string, life: readonly RunEvent[]): Violation[] {
  const kinds = life.map((event) => event.kind);
  const broken = (text: string): Violation => ({ rule: "K10", text: `${run}: ${text}` });
  const count = (kind: string) => kinds.filter((one) => one === kind).length;
  const violations: Violation[] = [];
  if (kinds[0] !== "run-queued") violations.push(broken(`begins with ${kinds[0]}`));
  for (const kind of ["run-queued", "run-started", "run-ended"])
    if (count(kind) > 1) violations.push(broken(`${kind} ${count(kind)} times`));
  const end = kinds.indexOf("run-ended");
  if (end >= 0 && end !== kinds.length - 1)
    violations.push(broken(`${kinds[end + 1]} after its end`));
  const first = kinds.find((kind) => kind !== "run-queued");
  if (first !== undefined && first !== "run-started" && first !== "run-ended")
    violations.push(broken(`${first} before its start`));
  return violations;
}
