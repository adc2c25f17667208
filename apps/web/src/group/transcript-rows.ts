// From the local view to the rows of the transcript: what stands in the log, then what is on its way or streaming.
import {
  openRuns,
  type Draft,
  type Entry,
  type LocalCall,
  type LocalRun,
  type LocalView,
  type PendingCommand,
} from "@acos/client";
import type { GroupEvent, MemberId, MessageView } from "@acos/protocol";

interface RowBase {
  /** Stays the same while a draft becomes a message, so that its row stays in place. */
  readonly key: string;
  /** Whether the row begins a stretch of its author's, and so shows who it is. */
  readonly head: boolean;
}

export type Row = RowBase &
  (
    | { readonly kind: "day"; readonly at: number }
    | { readonly kind: "message"; readonly message: MessageView; readonly run?: LocalRun }
    | { readonly kind: "draft"; readonly draft: Draft; readonly run?: LocalRun }
    | { readonly kind: "pending"; readonly pending: PendingCommand; readonly by: MemberId }
    | { readonly kind: "call"; readonly call: LocalCall; readonly by?: MemberId }
    | { readonly kind: "run-end"; readonly run: LocalRun; readonly at: number }
    | { readonly kind: "notice"; readonly events: readonly GroupEvent[] }
    | { readonly kind: "thinking"; readonly run: LocalRun; readonly by: MemberId }
  );

/** Rows of one author closer together than this belong to one stretch. */
const STRETCH_MS = 5 * 60_000;

/** Builds the rows, oldest first. `dayOf` names the day of a time in the reader's time zone. */
export function transcriptRows(
  view: LocalView,
  pending: readonly PendingCommand[],
  dayOf: (at: number) => string,
): readonly Row[] {
  const rows = new RowList();
  let day = "";
  for (const entry of view.entries) {
    const today = dayOf(entry.at);
    if (today !== day) rows.add({ kind: "day", key: `day ${today}`, at: entry.at });
    day = today;
    addEntry(rows, view, entry);
  }
  addLost(rows, view);
  for (const sent of pending)
    if (sent.command.kind === "message-post" && view.self)
      rows.add({ kind: "pending", key: sent.id, pending: sent, by: view.self }, view.self, sent.at);
  for (const run of openRuns(view.runs)) addLive(rows, view, run);
  return rows.all;
}

type Bare<R> = R extends Row ? Omit<R, "head"> : never;

class RowList {
  readonly all: Row[] = [];
  #by: MemberId | undefined;
  #at = 0;

  add(row: Bare<Row>, by?: MemberId, at = 0): void {
    const head = by === undefined || by !== this.#by || at - this.#at > STRETCH_MS;
    this.#by = by;
    this.#at = at;
    this.all.push({ ...row, head });
  }

  /** Adds a notice to those right before it, so that they make one quiet line. */
  notice(seq: number, event: GroupEvent): void {
    const last = this.all.at(-1);
    if (last?.kind === "notice")
      this.all[this.all.length - 1] = { ...last, events: [...last.events, event] };
    else this.add({ kind: "notice", key: `notice ${seq}`, events: [event] });
  }
}

function addEntry(rows: RowList, view: LocalView, entry: Entry): void {
  switch (entry.kind) {
    case "message": {
      const message = view.messages.get(entry.id);
      if (!message) return;
      const run = message.run && view.runs.get(message.run);
      const row = { kind: "message", key: message.message, message, ...(run && { run }) } as const;
      return rows.add(row, message.by, entry.at);
    }
    case "call": {
      const call = view.calls.get(entry.id);
      return call && addCall(rows, view, call, entry.at);
    }
    case "run-end": {
      const run = view.runs.get(entry.id);
      const key = `end ${entry.id}`;
      return run && rows.add({ kind: "run-end", key, run, at: entry.at }, run.member, entry.at);
    }
    case "notice":
      return rows.notice(entry.seq, entry.event);
    default:
      return entry satisfies never;
  }
}

function addCall(rows: RowList, view: LocalView, call: LocalCall, at: number): void {
  const by = view.runs.get(call.run)?.member;
  rows.add({ kind: "call", key: call.call, call, ...(by && { by }) }, by, at);
}

/** Calls that wait for an approval and were made before the oldest event held here. */
function addLost(rows: RowList, view: LocalView): void {
  const placed = new Set(view.entries.map((entry) => ("id" in entry ? entry.id : "")));
  for (const call of view.calls.values())
    if (call.state === "waiting" && !placed.has(call.call)) addCall(rows, view, call, call.at);
}

function addLive(rows: RowList, view: LocalView, run: LocalRun): void {
  const drafts = [...view.drafts.values()].filter((draft) => draft.run === run.run);
  const now = run.startedAt ?? run.queuedAt ?? 0;
  for (const draft of drafts)
    rows.add({ kind: "draft", key: draft.message, draft, run }, draft.by, now);
  if (drafts.length === 0 && run.state === "running" && run.member)
    rows.add(
      { kind: "thinking", key: `thinking ${run.run}`, run, by: run.member },
      run.member,
      now,
    );
}
