// Each connection by itself: welcome, replay without a hole, live, and streamed text that grows without a gap.
import type { GroupFrame } from "@acos/protocol";

import {
  entriesOf,
  groupBy,
  type EntryOf,
  type History,
  type Outcome,
  type Violation,
} from "./history.ts";

/** Rules K6 to K8. */
export function checkConnections(history: History, outcome: Outcome): Violation[] {
  const frames = groupBy(entriesOf(history, "frame"), (entry) => entry.connection);
  const posted = postedTexts(outcome);
  return entriesOf(history, "opened").flatMap((opened) => {
    const seen = (frames.get(opened.connection) ?? []).map((entry) => entry.frame);
    return [...checkOrder(opened, seen), ...checkDeltas(opened.connection, seen, posted)];
  });
}

/** Walks one connection's frames as a client that believes nothing would. */
function checkOrder(opened: EntryOf<"opened">, frames: readonly GroupFrame[]): Violation[] {
  const violations: Violation[] = [];
  const broken = (rule: string, text: string) =>
    violations.push({ rule, text: `${opened.connection}: ${text}` });
  let last = opened.since;
  let live = false;
  let welcomed = false;
  for (const frame of frames) {
    if (frame.type === "welcome") {
      if (welcomed) broken("K7", "a second welcome");
      welcomed = true;
    } else if (!welcomed && frame.type !== "refused") {
      broken("K7", `${frame.type} before the welcome`);
      return violations;
    }
    if (frame.type === "reset") last = frame.from;
    if (frame.type === "live") {
      if (live) broken("K7", "a second live");
      if (last !== undefined && last !== frame.head)
        broken("K7", `live at ${frame.head}, but the replay had come to ${last}`);
      live = true;
      last = frame.head;
    }
    if (frame.type === "event") {
      if (last !== undefined && frame.seq !== last + 1) {
        broken("K6", `seq ${frame.seq} after ${last}${live ? "" : ", in the replay"}`);
        return violations;
      }
      last = frame.seq;
    }
  }
  return violations;
}

type Deltas = Extract<GroupFrame, { type: "delta" }>;

function checkDeltas(
  connection: string,
  frames: readonly GroupFrame[],
  posted: ReadonlyMap<string, string>,
): Violation[] {
  const texts = new Map<string, string>();
  const violations: Violation[] = [];
  for (const frame of frames) {
    if (frame.type !== "delta") continue;
    const key = keyOf(frame);
    const before = frame.offset === 0 ? "" : texts.get(key);
    if (before === undefined || before.length !== frame.offset) {
      const text = `${connection}: delta of ${key} at ${frame.offset}, ${before?.length ?? "nothing"} had come`;
      return [...violations, { rule: "K8", text }];
    }
    texts.set(key, before + frame.text);
  }
  for (const [key, text] of texts) {
    const whole = posted.get(key);
    if (whole !== undefined && !whole.startsWith(text))
      violations.push({ rule: "K8", text: `${connection}: ${key} streamed otherwise than posted` });
  }
  return violations;
}

const keyOf = (delta: Deltas) => `${delta.message} part ${delta.part}`;

function postedTexts(outcome: Outcome): Map<string, string> {
  const texts = new Map<string, string>();
  for (const { event } of outcome.log) {
    if (event.kind !== "message-posted") continue;
    for (const [index, part] of event.parts.entries())
      texts.set(`${event.message} part ${index}`, part.text);
  }
  return texts;
}
