// Storage: work on it ends, messages read the same wherever they lie, what was said is found, and summaries come one by one.
import type { LogEvent } from "@acos/protocol";

import { canonical, type Outcome, type Violation } from "./history.ts";

/** Rules K15 to K17, K19 and K20. */
export function checkStorage(outcome: Outcome): Violation[] {
  return [
    ...checkJobs(outcome),
    ...checkMessages(outcome),
    ...checkFound(outcome),
    ...checkSummaries(outcome.log),
    ...outcome.refusals.map((text) => ({ rule: "K20", text })),
    ...checkLosses(outcome.log),
  ];
}

function checkJobs({ jobs }: Outcome): Violation[] {
  return jobs
    .filter(({ state }) => state === "running")
    .map(({ job, kind, step }) => ({ rule: "K15", text: `${kind} ${job} is still at ${step}` }));
}

/** Every message once, in order, with the words of its last edit. */
function checkMessages({ log, messages }: Outcome): Violation[] {
  const expected: { seq: number; parts: unknown }[] = [];
  const places = new Map<string, number>();
  for (const { seq, event } of log) {
    if (event.kind === "message-posted")
      places.set(event.message, expected.push({ seq, parts: event.parts }) - 1);
    if (event.kind !== "message-edited") continue;
    const edited = expected[places.get(event.message) ?? -1];
    if (edited) edited.parts = event.parts;
  }
  const broken = (text: string) => [{ rule: "K16", text }];
  const wrong = expected.find(
    ({ seq, parts }, index) =>
      messages[index]?.seq !== seq || canonical(messages[index].parts) !== canonical(parts),
  );
  if (wrong) return broken(`the list of messages differs from the log at ${wrong.seq}`);
  if (messages.length === expected.length) return [];
  return broken(`${messages.length} messages are listed, the log has ${expected.length}`);
}

function checkFound({ finds }: Outcome): Violation[] {
  return finds
    .filter(({ seq, found }) => !found.includes(seq))
    .map(({ token, seq }) => ({ rule: "K17", text: `${token} stands at ${seq} and is not found` }));
}

/** One at a time, each with an end; one that is asked for again under its own id after a crash is the same. */
function checkSummaries(log: readonly LogEvent[]): Violation[] {
  const violations: Violation[] = [];
  const broken = (seq: number, text: string) =>
    violations.push({ rule: "K19", text: `${seq}: ${text}` });
  let awaited: string | undefined;
  for (const { seq, event } of log) {
    if (event.kind === "summary-asked") {
      if (awaited !== undefined && awaited !== event.summary)
        broken(seq, "a second one is asked for");
      awaited = event.summary;
    }
    const isEnd = event.kind === "summary-made" || event.kind === "summary-refused";
    if (!isEnd) continue;
    if (awaited !== event.summary) broken(seq, "the end of one that nobody waits for");
    awaited = undefined;
  }
  if (awaited !== undefined) broken(log.at(-1)?.seq ?? 0, `${awaited} never came to an end`);
  return violations;
}

function checkLosses(log: readonly LogEvent[]): Violation[] {
  return log.flatMap(({ seq, event }) =>
    event.kind === "group-restored" && event.lost !== undefined
      ? [{ rule: "K20", text: `${seq}: ${event.lost} events are lost, though nothing was damaged` }]
      : [],
  );
}
