// Folding what was said into the local view: posts, edits, redactions, reactions, and drafts while they stream.
import type { DeltaFrame, EventOf, LogEvent, MemberId, RunId } from "@acos/protocol";

import { addEntry, own, type LocalMessage, type Work } from "./local-view.ts";

type Posted = EventOf<"message-posted">;

export function foldPosted(work: Work, { seq, at }: LogEvent, event: Posted): void {
  const { kind: _kind, ...said } = event;
  if (work.view.messages.has(event.message)) return;
  own(work, "messages").set(event.message, { ...said, seq, at, reactions: [] });
  addEntry(work, { kind: "message", seq, at, id: event.message });
  if (work.view.drafts.has(event.message)) own(work, "drafts").delete(event.message);
  if (work.view.typing.has(event.by)) endTyping(work, event.by);
}

export function foldEdited(work: Work, at: number, event: EventOf<"message-edited">): void {
  const { parts, mentions } = event;
  change(work, event.message, (message) => ({
    ...message,
    parts,
    mentions,
    editedAt: new Date(at).toISOString(),
  }));
}

export function foldRedacted(work: Work, at: number, event: EventOf<"message-redacted">): void {
  change(work, event.message, (message) => ({
    ...message,
    parts: [],
    mentions: [],
    redactedAt: new Date(at).toISOString(),
  }));
}

export function foldReaction(work: Work, event: EventOf<"reaction-set">): void {
  change(work, event.message, (message) => {
    const others = message.reactions.filter((row) => row.reaction !== event.reaction);
    const before = message.reactions.find((row) => row.reaction === event.reaction)?.members ?? [];
    const without = before.filter((member) => member !== event.by);
    const members = event.on ? [...without, event.by] : without;
    if (members.length === 0) return { ...message, reactions: others };
    return { ...message, reactions: [...others, { reaction: event.reaction, members }] };
  });
}

/** Grows a draft. Text past the offset is dropped first, so that a delta sent twice changes nothing. */
export function foldDelta(work: Work, delta: DeltaFrame): void {
  if (work.view.messages.has(delta.message)) return;
  const drafts = own(work, "drafts");
  const draft = drafts.get(delta.message);
  const parts = [...(draft?.parts ?? [])];
  while (parts.length < delta.part) parts.push({ kind: "text", text: "" });
  const held = parts[delta.part]?.text ?? "";
  if (delta.offset > held.length) return;
  parts[delta.part] = { kind: delta.kind, text: held.slice(0, delta.offset) + delta.text };
  drafts.set(delta.message, { message: delta.message, run: delta.run, by: delta.by, parts });
}

/** Lets go of what a run was streaming: its turn began anew, or the run is over. */
export function dropDrafts(work: Work, run: RunId): void {
  for (const draft of work.view.drafts.values())
    if (draft.run === run) own(work, "drafts").delete(draft.message);
}

export function startTyping(work: Work, member: MemberId): void {
  work.view.typing = new Set(work.view.typing).add(member);
}

export function endTyping(work: Work, member: MemberId): void {
  const typing = new Set(work.view.typing);
  typing.delete(member);
  work.view.typing = typing;
}

/** A message from before the oldest event held here is unknown; its page brings the change already folded in. */
function change(
  work: Work,
  id: Posted["message"],
  to: (before: LocalMessage) => LocalMessage,
): void {
  const before = work.view.messages.get(id);
  if (before) own(work, "messages").set(id, to(before));
}
