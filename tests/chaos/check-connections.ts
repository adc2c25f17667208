// Each connection by itself: welcome, replay without a hole, live, and streamed text that grows without a gap.
import type { EventOf, GroupFrame } from "@acos/protocol";

import { entriesOf, groupBy, type EntryOf, type History, type Violation } from "./history.ts";

/** Rules K6 to K8. */
export function checkConnections(history: History): Violation[] {
  const frames = groupBy(entriesOf(history, "frame"), (entry) => entry.connection);
  return entriesOf(history, "opened").flatMap((opened) => {
    const seen = (frames.get(opened.connection) ?? []).map((entry) => entry.frame);
    return [...checkOrder(opened, seen), ...checkDeltas(opened.connection, seen)];
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

type Delta = Extract<GroupFrame, { type: "delta" }>;
type Posted = EventOf<"message-posted">;

/**
 * Each connection is judged by what it saw itself: a turn that is tried again begins anew at offset 0, so that an earlier
 * connection may have seen more of an attempt that was lost.
 */
function checkDeltas(connection: string, frames: readonly GroupFrame[]): Violation[] {
  const texts = new Map<string, Map<number, string>>();
  const posted = new Set<string>();
  for (const frame of frames) {
    const why =
      frame.type === "delta"
        ? grow(texts, posted, frame)
        : frame.type === "event" && frame.event.kind === "message-posted"
          ? close(texts, posted, frame.event)
          : undefined;
    if (why !== undefined) return [{ rule: "K8", text: `${connection}: ${why}` }];
  }
  return [];
}

/** Takes a delta; answers what is wrong with it. */
function grow(
  texts: Map<string, Map<number, string>>,
  posted: ReadonlySet<string>,
  { message, part, offset, text }: Delta,
): string | undefined {
  if (posted.has(message)) return `${message} grew after it was posted`;
  const parts = texts.get(message) ?? new Map<number, string>();
  const before = offset === 0 ? "" : parts.get(part);
  if (before?.length !== offset)
    return `delta of ${message} at ${offset}, ${before?.length ?? "nothing"} had come`;
  texts.set(message, parts.set(part, before + text));
  return undefined;
}

/** Takes the message that the deltas grew to; answers what is wrong with it. */
function close(
  texts: ReadonlyMap<string, ReadonlyMap<number, string>>,
  posted: Set<string>,
  { message, parts }: Posted,
): string | undefined {
  posted.add(message);
  for (const [index, text] of texts.get(message) ?? [])
    if (parts[index]?.text.startsWith(text) !== true)
      return `${message} streamed otherwise than posted`;
  return undefined;
}
