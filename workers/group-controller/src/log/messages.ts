// Messages as readers list them: what was posted with its later edits, withdrawal and reactions folded in.
import type { EventOf, LogEvent, MessageView } from "@acos/protocol";

/** Folds one message's events, in order; null when it was never posted. */
export function viewMessage(events: readonly LogEvent[]): MessageView | null {
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
