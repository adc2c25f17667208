// The log by REST against every history: one order that all agree on, without a hole.
import { canonical, entriesOf, type History, type Outcome, type Violation } from "./history.ts";

/** Rules K4 and K5. */
export function checkLog(history: History, outcome: Outcome): Violation[] {
  return [...checkAgreement(history, outcome), ...checkWhole(history, outcome)];
}

function checkAgreement(history: History, outcome: Outcome): Violation[] {
  const log = new Map(outcome.log.map((row) => [row.seq, canonical([row.at, row.event])]));
  const told = new Set<string>();
  const violations: Violation[] = [];
  for (const { connection, frame } of entriesOf(history, "frame")) {
    if (frame.type !== "event") continue;
    const seen = canonical([frame.at, frame.event]);
    const held = log.get(frame.seq);
    if (held === seen || told.has(`${frame.seq} ${seen}`)) continue;
    told.add(`${frame.seq} ${seen}`);
    const text = `${connection} was shown ${seen.slice(0, 300)} at ${frame.seq}, the log has ${held?.slice(0, 300) ?? "nothing"}`;
    violations.push({ rule: "K4", text });
  }
  return violations;
}

function checkWhole(history: History, outcome: Outcome): Violation[] {
  const violations: Violation[] = [];
  for (const [index, row] of outcome.log.entries()) {
    if (row.seq !== index + 1) {
      violations.push({ rule: "K5", text: `place ${index + 1} of the log holds seq ${row.seq}` });
      break;
    }
  }
  const head = outcome.log.at(-1)?.seq ?? 0;
  const promised = promisedHead(history);
  if (promised > head)
    violations.push({
      rule: "K5",
      text: `a client was told of seq ${promised}, the log ends at ${head}`,
    });
  return violations;
}

function promisedHead(history: History): number {
  let head = 0;
  for (const entry of history) {
    if (entry.type === "acked") head = Math.max(head, entry.seq);
    if (entry.type === "frame" && "head" in entry.frame) head = Math.max(head, entry.frame.head);
  }
  return head;
}
