// The glossary against the names in the code; pure, so that the comparison itself is tested.

export interface Naming {
  readonly file: string;
  /** A path, or the name of an exported declaration. */
  readonly name: string;
}

/** `| **Word** | meaning | id | avoid, avoid |`; a word in parentheses is wrong here but right elsewhere: not checked. */
const ROW = /^\| \*\*(.+?)\*\* *\|.*\|([^|]*)\|$/gm;
/** `Names that say nothing: a, b, c.` */
const EMPTY_NAMES = /^Names that say nothing: (.+?)[.]$/m;

const DECLARATION =
  /^export (?:declare )?(?:abstract )?(?:async )?(?:const|let|class|function\*?|type|interface) (\w+)/gm;

export interface Avoided {
  /** Words that name another thing here, each with what we say instead. */
  readonly words: ReadonlyMap<string, string>;
  /** Words that a file or folder may not be called by, nor end in. */
  readonly emptyNames: ReadonlySet<string>;
}

/** What the glossary tells us to avoid. Throws where it names nothing: then nothing would be checked. */
export function avoidedWords(glossary: string): Avoided {
  const words = new Map<string, string>();
  for (const [, word, list] of glossary.matchAll(ROW)) {
    for (const bad of list!.split(",").map((item) => item.trim())) {
      if (/^[a-z]+$/i.test(bad)) words.set(bad.toLowerCase(), word!);
    }
  }
  const emptyNames = new Set(EMPTY_NAMES.exec(glossary)?.[1]?.split(", "));
  if (words.size === 0 || emptyNames.size === 0) {
    throw new Error("GLOSSARY.md names no word to avoid: its table was not understood.");
  }
  return { words, emptyNames };
}

/** Names that a source file gives: its own path and its exported declarations. */
export function namingsOf(file: string, source: string): Naming[] {
  const names = [...source.matchAll(DECLARATION)].map((match) => match[1]!);
  return [file, ...names].map((name) => ({ file, name }));
}

/** The words of a name, in lower case: `fooBar`, `FOO_BAR`, `foo-bar.ts` all hold foo and bar. */
export function wordsOf(name: string): string[] {
  return name
    .replaceAll(/([a-z\d])([A-Z])/g, "$1-$2")
    .replaceAll(/([A-Z]+)([A-Z][a-z])/g, "$1-$2")
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter(Boolean);
}

/** Sentences about every name that holds an avoided word, plurals included, and every path that says nothing. */
export function wordProblems(avoided: Avoided, namings: readonly Naming[]): string[] {
  return namings.flatMap(({ file, name }) => [
    ...wordsOf(name).flatMap((word) => {
      const ours = avoided.words.get(word) ?? avoided.words.get(word.replace(/s$/, ""));
      return ours === undefined ? [] : [`${file}: "${name}" says "${word}"; we say "${ours}".`];
    }),
    ...(name === file ? emptyNamesIn(file, avoided.emptyNames) : []),
  ]);
}

function emptyNamesIn(file: string, emptyNames: ReadonlySet<string>): string[] {
  return file.split("/").flatMap((segment) => {
    const last =
      segment
        .replace(/[.].*$/, "")
        .split("-")
        .at(-1) ?? "";
    return emptyNames.has(last)
      ? [`${file}: "${segment}" says nothing; name the thing in it.`]
      : [];
  });
}
