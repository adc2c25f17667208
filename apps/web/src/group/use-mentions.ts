// The state of the mention popup: what is being written, who may be meant, which one the keys are on.
import type { Member } from "@acos/protocol";
import { useState, type RefObject } from "react";
import { flushSync } from "react-dom";

import { complete, matches, mentionAt, type MentionQuery } from "./mention-search.ts";

/** As many as are read at a glance. */
const SHOWN_MAX = 6;

export interface Mentions {
  readonly query: MentionQuery | undefined;
  readonly found: readonly Member[];
  readonly active: Member | undefined;
  /** Looks again at what stands under the caret. */
  look(field: HTMLTextAreaElement): void;
  choose(member: Member): void;
  dismiss(): void;
  /** Handles a key if it is the popup's; says whether it was. */
  onKey(key: string): boolean;
}

interface MentionsOptions {
  readonly text: string;
  readonly onText: (text: string) => void;
  readonly field: RefObject<HTMLTextAreaElement | null>;
  readonly members: readonly Member[];
}

export function useMentions({ text, onText, field, members }: MentionsOptions): Mentions {
  const [seen, setSeen] = useState<MentionQuery>();
  const [index, setIndex] = useState(0);
  const found = seen ? matches(members, seen.text).slice(0, SHOWN_MAX) : [];
  const query = found.length > 0 ? seen : undefined;
  const active = query && found[Math.min(index, found.length - 1)];

  const dismiss = (): void => setSeen(undefined);
  const choose = (member: Member): void => {
    const element = field.current;
    if (!query || !element) return;
    const done = complete(text, query.start + 1 + query.text.length, {
      query,
      handle: member.handle,
    });
    // At once, not in a later frame: a key pressed in between would be overtaken by the caret.
    flushSync(() => {
      onText(done.text);
      dismiss();
    });
    element.setSelectionRange(done.caret, done.caret);
  };
  const move = (by: number): void => setIndex((found.length + index + by) % found.length);
  return {
    query,
    found,
    active,
    choose,
    dismiss,
    look: (element) => {
      const next = mentionAt(element.value, element.selectionStart);
      if (next?.start !== seen?.start || next?.text !== seen?.text) setIndex(0);
      setSeen(next);
    },
    onKey: (key) => {
      if (!active) return false;
      if (key === "ArrowDown") move(1);
      else if (key === "ArrowUp") move(-1);
      else if (key === "Enter" || key === "Tab") choose(active);
      else if (key === "Escape") dismiss();
      else return false;
      return true;
    },
  };
}
