// Identifiers: the words of a line that must not be invented, and whether a source has them.

/** What is looked for, in lower case. Words with a slash count as paths only where they look like one. */
const PATTERNS: readonly RegExp[] = [
  /`([^`\n]+)`/g,
  /\b(https?:\/\/[^\s<>"'`)\]]+)/g,
  /([\w.+-]+@[\w-]+(?:\.[\w-]+)+)/g,
  /(?<![\w@./-])(@[a-z0-9](?:-?[a-z0-9])*)/g,
  /(?<!\w)(#\d+)\b/g,
  /(?<![\w/.])((?:~|\.{1,2})?(?:\/[\w.@+-]+){1,20}\/?)/g,
  /(?<![\w/.])([\w.@+-]+(?:\/[\w.@+-]+){0,20}\/[\w@+-]*\.[\w.@+-]+)/g,
  /(?<![\w/.])([\w.@+-]+(?:\/[\w.@+-]+){2,20})/g,
  /(?<![\w/.@])([\w-]{2,}\.[a-z][a-z0-9]{0,4})(?![\w.])/g,
  /(?<!\w)(\w*[a-z0-9]_[a-z0-9]\w*)/g,
  /(?<!\w)([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?!\w)/g,
  /(?<!\w)((?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{7,64})(?!\w)/g,
  /(?<!\w)([a-z][a-z0-9]+-\d+)(?!\w)/g,
];
/** A number with its separators, of whatever country. */
const NUMBER = /\d(?:[.,_'’]?\d)*/g;
const NUMBER_MIN_DIGITS = 3;

/** The identifiers of a line: URLs, paths, code in backticks, handles, ids, file names. */
function identifiersIn(line: string): readonly string[] {
  const text = plain(line);
  const found = PATTERNS.flatMap((pattern) =>
    Array.from(text.matchAll(pattern), (match) => match[1]!),
  );
  return [...new Set(found.map((each) => each.replace(/[.,;:!?]+$/, "").trim()))].filter(Boolean);
}

/** Numbers of three digits and more, without their separators. */
function numbersIn(line: string): readonly string[] {
  return Array.from(plain(line).matchAll(NUMBER), ([number]) => number.replace(/\D/g, "")).filter(
    (digits) => digits.length >= NUMBER_MIN_DIGITS,
  );
}

/** Texts in which identifiers are looked up. */
export class IdentifierSource {
  readonly #text: string;
  readonly #numbers: ReadonlySet<string>;

  constructor(texts: readonly string[]) {
    this.#text = plain(texts.join("\n"));
    this.#numbers = new Set(numbersIn(this.#text));
  }

  /** The first identifier or number of a line that the source does not have; null where it has all. */
  missing(line: string): string | null {
    const identifier = identifiersIn(line).find((each) => !this.#has(each));
    if (identifier !== undefined) return identifier;
    return numbersIn(line).find((number) => !this.#numbers.has(number)) ?? null;
  }

  /** Whether it stands there by itself and not as a part of a longer word. */
  #has(identifier: string): boolean {
    for (let at = -1; ;) {
      at = this.#text.indexOf(identifier, at + 1);
      if (at < 0) return false;
      const [before, after] = [this.#text[at - 1] ?? "", this.#text[at + identifier.length] ?? ""];
      if (!isJoined(before, identifier[0]!) && !isJoined(after, identifier.at(-1)!)) return true;
    }
  }
}

function isJoined(neighbour: string, end: string): boolean {
  return /[\p{L}\p{N}_]/u.test(neighbour) && /[\p{L}\p{N}_]/u.test(end);
}

/** Texts differ in case, in the forms of their letters and in their dashes and spaces; identifiers do not. */
function plain(text: string): string {
  return text
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[\u2010-\u2015\u2212]/g, "-")
    .replace(/[^\S\n]+/g, " ");
}
