// What somebody searches for: words that count, phrases that must occur, authors it must be from.
import { STOP_WORDS } from "./stop-words.ts";
import { fold, plainTerms, telling, tokensOf } from "./terms.ts";
import { pairing } from "./word-pairs.ts";

/** Terms of one query: each is a bit of a message's mask. */
const QUERY_TERMS_MAX = 30;

export interface QueryTerm {
  readonly term: string;
  /** The whole of an identifier, or two neighbouring words: counts where it matches, and is missed nowhere. */
  readonly extra: boolean;
}

export interface SearchQuery {
  readonly terms: readonly QueryTerm[];
  /** Folded, spaces made one. */
  readonly phrases: readonly string[];
  /** Terms that every message with the phrases has. */
  readonly required: readonly string[];
  /** Folded handles or names; a message is from one of them. Empty: from anybody. */
  readonly from: readonly string[];
}

const FROM = /(?<!\S)from:(?:"([^"]+)"|@?(\S+))/giu;
const PHRASE = /"([^"]*)"/gu;

/** Reads a query. Whatever is written is a query; one without a word and an author finds nothing. */
export function parseQuery(text: string): SearchQuery {
  const from: string[] = [];
  const phrases: string[] = [];
  const plain = text
    .replace(FROM, (_, quoted: string | undefined, word: string | undefined) => {
      from.push(oneSpaced(quoted ?? word ?? ""));
      return " ";
    })
    .replace(PHRASE, (_, phrase: string) => {
      if (plainTerms(phrase).length > 0) phrases.push(oneSpaced(phrase));
      return " ";
    });
  const asked = new Map<string, QueryTerm>();
  for (const term of telling(phrases.flatMap(plainTerms))) asked.set(term, { term, extra: false });
  const words = wordsAsked(plain);
  const subject = words.filter(({ stop }) => !stop);
  for (const { term, extra } of subject.length > 0 || asked.size > 0 ? subject : words)
    if (!asked.has(term)) asked.set(term, { term, extra });
  return {
    terms: [...asked.values()].slice(0, QUERY_TERMS_MAX),
    phrases,
    required: [...new Set(phrases.flatMap(plainTerms))],
    from,
  };
}

/** Whether a folded text has a folded phrase between word boundaries. */
export function hasPhrase(text: string, phrase: string): boolean {
  for (let at = text.indexOf(phrase); at >= 0; at = text.indexOf(phrase, at + 1))
    if (!joins(text, at) && !joins(text, at + phrase.length)) return true;
  return false;
}

/** Folded, with every stretch of white space one space. */
export function oneSpaced(text: string): string {
  return fold(text).replace(/\s+/gu, " ").trim();
}

/** The words in order, then what counts beside them, so that the words come first where there are too many. */
function wordsAsked(text: string): (QueryTerm & { stop: boolean })[] {
  const tokens = [...tokensOf(text)];
  const pairOf = pairing();
  const pairs = tokens.flatMap((token) => {
    const pair = pairOf(token);
    return pair === null ? [] : [{ term: pair, extra: true, stop: false }];
  });
  const words = tokens.flatMap(({ start, end, terms, whole }) => {
    const stop = STOP_WORDS.has(fold(text.slice(start, end)));
    const asked = telling(terms).map((term) => ({ term, extra: false, stop }));
    return whole === null ? asked : [...asked, { term: whole, extra: true, stop }];
  });
  return [...words, ...pairs];
}

/** Whether a place of a text is inside a word; scripts without spaces have no inside. */
function joins(text: string, at: number): boolean {
  return /^(?:[\p{L}\p{N}](?<![\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Thai}])){2}$/u.test(
    text.slice(Math.max(0, at - 1), at + 1),
  );
}
