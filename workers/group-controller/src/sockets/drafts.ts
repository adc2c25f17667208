// Drafts: what turns under way have said so far; their growth goes out as deltas, gathered by time, the first at once.
import {
  DELTA_WINDOW_MS,
  TURN_TEXT_MAX_CHARS,
  type DeltaFrame,
  type MemberId,
  type MessageId,
  type Part,
  type RunId,
} from "@acos/protocol";

import { Pace } from "./pace.ts";

type DraftKind = DeltaFrame["kind"];

interface DraftPart {
  readonly kind: DraftKind;
  text: string;
  /** UTF-16 units that went out already. */
  sent: number;
}

/** The growing message of one turn. */
export interface Draft {
  readonly run: RunId;
  readonly by: MemberId;
  readonly message: MessageId;
  readonly parts: DraftPart[];
  readonly pace: Pace;
}

export class Drafts {
  readonly #drafts = new Map<RunId, Draft>();
  readonly #send: (text: string) => void;

  /** Contract of `send`: hands one frame to every live socket. */
  constructor(send: (text: string) => void) {
    this.#send = send;
  }

  /** Begins a turn's message; what an earlier attempt said is dropped, its frames are replaced from offset 0. */
  begin(draft: Pick<Draft, "run" | "by" | "message">): void {
    this.end(draft.run);
    const pace = new Pace(DELTA_WINDOW_MS, () => this.#sendGrowth(begun));
    const begun: Draft = { ...draft, parts: [], pace };
    this.#drafts.set(draft.run, begun);
  }

  /** Adds text to a part. False when the turn has said too much and must be ended. */
  grow(run: RunId, index: number, { kind, text }: { kind: DraftKind; text: string }): boolean {
    const draft = this.#drafts.get(run);
    if (!draft || text === "") return true;
    const part = (draft.parts[index] ??= { kind, text: "", sent: 0 });
    part.text += text;
    draft.pace.grew();
    return part.text.length <= TURN_TEXT_MAX_CHARS;
  }

  /** What a run's turn has said so far, as parts of a message; empty ones are left out. */
  partsOf(run: RunId): readonly Part[] {
    return (this.#drafts.get(run)?.parts ?? [])
      .filter((part) => part !== undefined && part.text !== "")
      .map(({ kind, text }) => ({ type: kind, text }));
  }

  /** Sends what is still held back; the message that follows has all of it. */
  flush(run: RunId): void {
    const draft = this.#drafts.get(run);
    if (draft) this.#sendGrowth(draft);
  }

  /** Forgets a draft: its message is in the log, or its turn is over without one. */
  end(run: RunId): void {
    this.#drafts.get(run)?.pace.end();
    this.#drafts.delete(run);
  }

  /** For a client that joins in mid-stream: one delta at offset 0 a part, with all that went out so far. */
  catchUp(): readonly DeltaFrame[] {
    return [...this.#drafts.values()].flatMap((draft) =>
      draft.parts.flatMap((part, index) =>
        part && part.sent > 0 ? [frameOf(draft, index, { from: 0, to: part.sent })] : [],
      ),
    );
  }

  #sendGrowth(draft: Draft): boolean {
    let grew = false;
    for (const [index, part] of draft.parts.entries()) {
      if (!part || part.sent === part.text.length) continue;
      this.#send(JSON.stringify(frameOf(draft, index, { from: part.sent, to: part.text.length })));
      part.sent = part.text.length;
      grew = true;
    }
    return grew;
  }
}

function frameOf(draft: Draft, part: number, span: { from: number; to: number }): DeltaFrame {
  const { run, by, message } = draft;
  const { kind, text } = draft.parts[part]!;
  const growth = text.slice(span.from, span.to);
  return { type: "delta", run, by, message, part, kind, offset: span.from, text: growth };
}
