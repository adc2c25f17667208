// Messages as readers list them: what was posted with its later edits, withdrawal and reactions folded in.
import type { EventOf, LogEvent, MessageId, MessageView } from "@acos/protocol";
import type { MessageFacts } from "@acos/group";

import type { EventLog } from "./event-log.ts";

/** A page of messages before a seq: the newest ones, in seq order. */
export function listMessages(log: EventLog, before: number, limit: number): readonly MessageView[] {
  const posted = log.ofKindBefore("message-posted", before, limit).toReversed();
  return posted.flatMap(({ event }) => {
    const view = event.kind === "message-posted" ? viewMessage(log.ofMessage(event.message)) : null;
    return view ? [view] : [];
  });
}

/** What a command that speaks of a message needs to know; null when the group has no such message. */
export function findMessage(log: EventLog, message: MessageId): MessageFacts | null {
  const view = viewMessage(log.ofMessage(message));
  if (!view) return null;
  const { by, parts } = view;
  return { message, by, parts, redacted: view.redactedAt !== undefined };
}

/** Folds one message's events, in order; null when it was never posted. */
function viewMessage(events: readonly LogEvent[]): MessageView | null {
  let view: MessageView | null = null;
  for (const placed of events) view = fold(view, placed);
  return view;
}

function fold(view: MessageView | null, { seq, at, event }: LogEvent): MessageView | null {
  if (event.kind === "message-posted") {
    const { kind: _, turn: _turn, unresolved: _unresolved, ...posted } = event;
    return { ...posted, seq, at, reactions: [] };
  }
  if (!view) return null;
  if (event.kind === "message-edited")
    return {
      ...view,
      parts: event.parts,
      mentions: event.mentions,
      editedAt: new Date(at).toISOString(),
    };
  if (event.kind === "message-redacted")
    return {
      ...view,
      parts: [],
      mentions: [],
      reactions: [],
      redactedAt: new Date(at).toISOString(),
    };
  return event.kind === "reaction-set" ? { ...view, reactions: react(view, event) } : view;
}

function react(view: MessageView, event: EventOf<"reaction-set">): MessageView["reactions"] {
  const before = view.reactions.find((each) => each.reaction === event.reaction);
  const others = (before?.members ?? []).filter((member) => member !== event.by);
  const members = event.on ? [...others, event.by] : others;
  const rest = view.reactions.filter((each) => each.reaction !== event.reaction);
  return members.length > 0 ? [...rest, { reaction: event.reaction, members }] : rest;
}
