// Text to terms: the same for what is indexed and for what is asked, in every script, without a dictionary.
//
//   text ─▶ runs (words, identifiers, paths) ─▶ pieces (camelCase, snake_case …) ─▶ folded ─▶ stem, or bigrams of CJK

/** Longer words are cut to this on both sides: hashes and tokens still match, none fills an index. */
const TERM_MAX_CHARS = 64;

/** A stretch of a text and the terms it stands for. `start` and `end` count UTF-16 units of the text as it is. */
export interface Token {
  readonly start: number;
  readonly end: number;
  /** Its words. */
  readonly terms: readonly string[];
  /** The whole of an identifier, path or address, beside its words; null for a plain word. */
  readonly whole: string | null;
}

const ASCII = /^[\0-\x7f]*$/;
/** Words, and words joined by what joins identifiers, paths, addresses and versions. */
const RUN = /[\p{L}\p{N}\p{M}]+(?:[-_./\\:@+#~$][\p{L}\p{N}\p{M}]+)*/gu;
const PIECE = /[\p{L}\p{N}\p{M}]+/gu;
/** Between the humps of camelCase and before the last capital of HTTPServer. */
const HUMP = /(?<=[\p{Ll}\p{N}])(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/u;
/** Accents: marks on Latin, Greek, Cyrillic; those that spell (Indic vowels, kana voicing) stay. */
const ACCENTS = /[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]/g;
/** Scripts written without spaces, or, in Korean, with endings grown to the word. */
const UNSPACED =
  /[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Hangul}\p{scx=Thai}\p{scx=Lao}\p{scx=Khmer}\p{scx=Myanmar}]/u;
const UNSPACED_RUN = new RegExp(`(?:${UNSPACED.source})+|(?:(?!${UNSPACED.source}).)+`, "gsu");

/** Text without case and accents (Unicode compatibility forms made one): equal for what readers take for the same. */
export function fold(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase();
  const bare = text.normalize("NFKD").replace(ACCENTS, "").normalize("NFC");
  return bare.toUpperCase().toLowerCase().replaceAll("ς", "σ");
}

/** The tokens of a text in order: words without their endings, numbers, identifiers in pieces and whole. */
export function* tokensOf(text: string): Generator<Token> {
  for (const { 0: run, index } of text.matchAll(RUN)) {
    const pieces = run.match(PIECE) ?? [];
    const plain = pieces.length <= 1 || UNSPACED.test(run);
    yield {
      start: index,
      end: index + run.length,
      terms: pieces.length === 1 ? wordsOf(run) : pieces.flatMap(wordsOf),
      whole: plain ? null : cut(fold(run)),
    };
  }
}

/** The words of a phrase as they stand, without identifiers' humps: each is a term of every text that has the phrase. */
export function plainTerms(phrase: string): string[] {
  return (fold(phrase).match(PIECE) ?? []).flatMap(ofScript);
}

/** Of a token's terms those to ask for: a single character says little beside the pairs it is in. */
export function telling(words: readonly string[]): string[] {
  const single = (word: string) => Array.from(word).length === 1 && UNSPACED.test(word);
  return words.filter((word) => !single(word) || words.every(single));
}

/** Taking a word to pieces costs more than finding it again, and most words of a group come again and again. */
const KNOWN_WORDS_MAX = 20_000;
/** A longer word, cut from a text, would keep the whole text in memory. */
const KNOWN_WORD_CHARS = 12;
const known = new Map<string, readonly string[]>();

function wordsOf(piece: string): readonly string[] {
  const before = known.get(piece);
  if (before) return before;
  const words = wordTerms(piece);
  if (piece.length > KNOWN_WORD_CHARS) return words;
  if (known.size >= KNOWN_WORDS_MAX) known.clear();
  known.set(piece, words);
  return words;
}

function wordTerms(piece: string): readonly string[] {
  const humps = piece.split(HUMP);
  const folded = fold(piece);
  return humps.length > 1 ? [folded, ...humps.map(fold)].flatMap(ofScript) : ofScript(folded);
}

/** A folded word as terms: its stem, or the bigrams of an unspaced script, whose single characters are terms as well. */
function ofScript(word: string): string[] {
  if (!UNSPACED.test(word)) return word === "" ? [] : [stem(cut(word))];
  return (word.match(UNSPACED_RUN) ?? []).flatMap((run) =>
    UNSPACED.test(run) ? bigrams(run) : [stem(cut(run))],
  );
}

function bigrams(run: string): string[] {
  const characters = Array.from(run);
  const pairs = characters.slice(1).map((next, index) => characters[index]! + next);
  return [...characters, ...pairs];
}

function cut(word: string): string {
  return word.length > TERM_MAX_CHARS ? word.slice(0, TERM_MAX_CHARS) : word;
}

/** An English word without its ending, always a beginning of the word: `listens` and `listening` meet in `listen`. */
export function stem(word: string): string {
  if (word.length < 4 || !/^[a-z]+$/.test(word)) return word;
  const singular = /[^aeiou]ies$/.test(word) ? word.slice(0, -3) : word.replace(/(?<![siu])s$/, "");
  const verb = singular.replace(/(?<=[aeiouy].*[a-z])(?:ing|ed)$/, "");
  const single = verb === singular ? verb : verb.replace(/([bdfgmnprt])\1$/, "$1");
  const bare = single.replace(/(?<=.{3})[ey]$/, "");
  return bare.length >= 3 ? bare : word;
}
