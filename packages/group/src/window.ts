// The window: the recent messages that agents are told, cut back in one move when it grows past its budget.
import {
  BRIEFING_BUDGET_TOKENS,
  BRIEFING_KEEP_SHARE,
  textOf,
  type Member,
  type MemberId,
  type MessageId,
  type Part,
} from "@acos/protocol";

import type { GroupState, WindowEntry } from "./state.ts";
import { clipMessage, estimateTokens } from "./tokens.ts";

/** Past this the window is cut; a run's own steps take the rest of the budget. */
const WINDOW_MAX_TOKENS = BRIEFING_BUDGET_TOKENS * 0.8;
const WINDOW_KEEP_TOKENS = BRIEFING_BUDGET_TOKENS * BRIEFING_KEEP_SHARE;

type Window = Pick<GroupState, "window" | "windowTokens">;

/** Adds a message. Between two cuts the window only grows, so a provider's prompt cache keeps its prefix. */
export function addToWindow(window: Window, entry: Omit<WindowEntry, "tokens">): Window {
  const full = { ...entry, tokens: estimateTokens(entry.label) + estimateTokens(entry.text) };
  const grown = [...window.window, full];
  const tokens = window.windowTokens + full.tokens;
  return tokens > WINDOW_MAX_TOKENS ? cut(grown) : { window: grown, windowTokens: tokens };
}

/** Replaces the text of a message that is still in the window; one that has left it is left alone. */
export function changeInWindow(window: Window, message: MessageId, text: string): Window {
  const at = window.window.findIndex((entry) => entry.message === message);
  const old = window.window[at];
  if (!old) return window;
  const tokens = estimateTokens(old.label) + estimateTokens(text);
  return {
    window: window.window.with(at, { ...old, text, tokens }),
    windowTokens: window.windowTokens + tokens - old.tokens,
  };
}

/** The newest messages that fit into the kept share; the newest one always stays. */
function cut(entries: readonly WindowEntry[]): Window {
  let from = entries.length;
  let tokens = 0;
  while (from > 0) {
    const next = entries[from - 1]!.tokens;
    if (from < entries.length && tokens + next > WINDOW_KEEP_TOKENS) break;
    tokens += next;
    from -= 1;
  }
  return { window: entries.slice(from), windowTokens: tokens };
}

/** Text of a message for the window. */
export function windowText(parts: readonly Part[]): string {
  return clipMessage(textOf(parts));
}

/** What a label is built with: a name must not bring its own. */
const LABEL_MARKS = /[()[\]@:]/g;

/** Who says it and when, on a line that message text cannot imitate: text is always indented, labels never are. */
export function labelOf(author: Member | undefined, by: MemberId, at: number): string {
  // oxlint-disable-next-line no-restricted-globals -- formats a given time, reads no clock
  const time = new Date(at).toISOString().slice(0, 16).replace("T", " ");
  const kind = author?.type === "agent" ? "agent" : "person";
  const name = (author?.name ?? by).replace(LABEL_MARKS, " ").replace(/\s+/g, " ").trim();
  return `[${time} UTC] ${name} (@${author?.handle ?? by}, ${kind}):`;
}

/** A window entry as an agent reads it. */
export function renderEntry(entry: Pick<WindowEntry, "label" | "text">): string {
  return `${entry.label}\n  ${entry.text.replaceAll("\n", "\n  ")}`;
}
