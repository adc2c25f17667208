// The stretch of a message's text around what matched.
import { tokensOf } from "./terms.ts";

/** Long enough to tell what a message is about, short enough for a list. */
export const SNIPPET_CHARS = 240;
/** Told before the first match, so that it does not begin in mid-sentence. */
const LEAD_CHARS = 50;

interface Place {
  readonly start: number;
  readonly end: number;
  readonly terms: readonly string[];
}

/**
 * At most about SNIPPET_CHARS characters around the densest match, white space made single spaces, `…` where text is left
 * out. `weights` says what each term is worth; a text without any of them is told from its beginning.
 */
export function snippetOf(text: string, weights: ReadonlyMap<string, number>): string {
  const places: Place[] = [];
  for (const { start, end, terms, whole } of tokensOf(text)) {
    const matched = [...terms, ...(whole === null ? [] : [whole])].filter((term) =>
      weights.has(term),
    );
    if (matched.length > 0) places.push({ start, end, terms: matched });
  }
  const first = densest(places, weights);
  const from = first === 0 ? 0 : wordStart(text, Math.max(0, first - LEAD_CHARS), first);
  const to = wordEnd(text, from + SNIPPET_CHARS);
  const told = text.slice(from, to).replace(/\s+/gu, " ").trim();
  return `${from > 0 ? "…" : ""}${told}${to < text.length ? "…" : ""}`;
}

/** Where the window with the most distinct weight begins. */
function densest(places: readonly Place[], weights: ReadonlyMap<string, number>): number {
  let best = { start: 0, worth: -1 };
  for (const [index, { start }] of places.entries()) {
    const seen = new Set<string>();
    let worth = 0;
    for (let next = index; next < places.length; next += 1) {
      const place = places[next]!;
      if (place.end > start + SNIPPET_CHARS - LEAD_CHARS) break;
      for (const term of place.terms) {
        if (!seen.has(term)) worth += weights.get(term) ?? 0;
        seen.add(term);
      }
    }
    if (worth > best.worth) best = { start, worth };
  }
  return best.start;
}

function wordStart(text: string, at: number, before: number): number {
  if (at === 0) return 0;
  const space = text.slice(at, before).search(/\s\S/u);
  return space < 0 ? unparted(text, at) : at + space + 1;
}

function wordEnd(text: string, at: number): number {
  if (at >= text.length) return text.length;
  const space = text.slice(at - LEAD_CHARS, at).search(/\s\S*$/u);
  return space < 0 ? unparted(text, at) : at - LEAD_CHARS + space;
}

/** A place that parts no character that takes two units. */
function unparted(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  return unit >= 0xdc00 && unit <= 0xdfff ? at - 1 : at;
}
