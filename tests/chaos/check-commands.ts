// Acknowledgements against the log: what was acknowledged is there, once, where the acknowledgement said.
import type { Command, LogEvent } from "@acos/protocol";

import {
  entriesOf,
  groupBy,
  type EntryOf,
  type History,
  type Outcome,
  type Violation,
} from "./history.ts";

type Sent = EntryOf<"sent">;
type Acked = EntryOf<"acked">;

/** Rules K1 to K3. */
export function checkCommands(history: History, outcome: Outcome): Violation[] {
  const sent = new Map(entriesOf(history, "sent").map((entry) => [entry.id, entry]));
  const members = membersOf(history);
  const log = new Map(outcome.log.map((row) => [row.seq, row]));
  const acked = entriesOf(history, "acked");
  return [
    ...acked.flatMap((ack) => checkAck({ ack, sent: sent.get(ack.id), log, members })),
    ...checkSingle(sent, outcome.log),
    ...checkStable(acked),
    ...checkRefused(history, sent, outcome.log),
  ];
}

function checkAck(given: {
  readonly ack: Acked;
  readonly sent: Sent | undefined;
  readonly log: ReadonlyMap<number, LogEvent>;
  readonly members: ReadonlyMap<string, string>;
}): Violation[] {
  const { ack, sent, log } = given;
  const broken = (text: string) => [
    { rule: "K1", text: `${ack.id} (seq ${ack.seq}, ${ack.via}): ${text}` },
  ];
  if (sent === undefined) return broken("acknowledged, but nobody sent it");
  const row = log.get(ack.seq);
  if (row === undefined) return broken("acknowledged, but the log has nothing there");
  const member = given.members.get(ack.client);
  if (!fulfils(row, sent.command, member))
    return broken(`acknowledged, but the log has ${JSON.stringify(row.event).slice(0, 300)} there`);
  return [];
}

/** Whether an event is what the command asked for, done in the name of that member. */
function fulfils({ event }: LogEvent, command: Command, member: string | undefined): boolean {
  switch (command.kind) {
    case "message-post":
      return (
        event.kind === "message-posted" &&
        (member === undefined || event.by === member) &&
        JSON.stringify(event.parts.map((part) => part.text)) ===
          JSON.stringify(command.parts.map((part) => part.text))
      );
    case "message-edit":
      return (
        event.kind === "message-edited" &&
        event.message === command.message &&
        JSON.stringify(event.parts.map((part) => part.text)) ===
          JSON.stringify(command.parts.map((part) => part.text))
      );
    case "approval-decide":
      return (
        event.kind === "approval-decided" &&
        event.approval === command.approval &&
        event.decision === command.decision
      );
    case "run-cancel":
      return "run" in event && event.run === command.run;
    default:
      return true;
  }
}

function checkSingle(sent: ReadonlyMap<string, Sent>, log: readonly LogEvent[]): Violation[] {
  const tokens = new Set([...sent.values()].map((entry) => entry.token).filter((token) => token));
  const places = new Map<string, number[]>();
  for (const { seq, event } of log) {
    // An agent may say a person's word again: only what people posted counts.
    if (event.kind !== "message-posted" || event.run !== undefined) continue;
    for (const token of wordsOf(event.parts)) {
      if (tokens.has(token)) places.set(token, [...(places.get(token) ?? []), seq]);
    }
  }
  return [...places]
    .filter(([, seqs]) => seqs.length > 1)
    .map(([token, seqs]) => ({ rule: "K2", text: `${token} is in the log at ${seqs.join(", ")}` }));
}

/** A refused message is nowhere, whatever happened between sending and refusing. */
function checkRefused(
  history: History,
  sent: ReadonlyMap<string, Sent>,
  log: readonly LogEvent[],
): Violation[] {
  const refused = new Map<string, string>();
  for (const { id } of entriesOf(history, "refused")) {
    const token = sent.get(id)?.token;
    if (token !== undefined) refused.set(token, id);
  }
  return log.flatMap(({ seq, event }) => {
    if (event.kind !== "message-posted" || event.run !== undefined) return [];
    const ids = [...wordsOf(event.parts)].map((word) => refused.get(word)).filter((id) => id);
    return ids.map((id) => ({
      rule: "K3",
      text: `${id} was refused, but stands in the log at ${seq}`,
    }));
  });
}

function wordsOf(parts: readonly { readonly text: string }[]): Set<string> {
  return new Set(parts.flatMap((part) => part.text.split(/\s+/)));
}

function checkStable(acked: readonly Acked[]): Violation[] {
  return [...groupBy(acked, (ack) => ack.id)]
    .map(([id, acks]) => ({ id, seqs: [...new Set(acks.map((ack) => ack.seq))] }))
    .filter(({ seqs }) => seqs.length > 1)
    .map(({ id, seqs }) => ({
      rule: "K3",
      text: `${id} was acknowledged as ${seqs.join(" and ")}`,
    }));
}

/** Which member each client is, as its welcomes said. */
function membersOf(history: History): Map<string, string> {
  const owners = new Map(
    entriesOf(history, "opened").map((entry) => [entry.connection, entry.client]),
  );
  const members = new Map<string, string>();
  for (const { connection, frame } of entriesOf(history, "frame")) {
    const client = owners.get(connection);
    if (frame.type === "welcome" && client !== undefined) members.set(client, frame.member.member);
  }
  return members;
}
