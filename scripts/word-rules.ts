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

/** Words to avoid, each with what we say instead. Throws where the glossary has none: then nothing would be checked. */
export function avoidedWords(glossary: string): Map<string, string> {
  const avoided = new Map<string, string>();
  for (const [, word, list] of glossary.matchAll(ROW)) {
    for (const bad of list!.split(",").map((item) => item.trim())) {
      if (/^[a-z]+$/i.test(bad)) avoided.set(bad.toLowerCase(), `we say "${word!}"`);
    }
  }
  if (avoided.size === 0) {
    throw new Error("GLOSSARY.md names no word to avoid: its table was not understood.");
  }
  for (const empty of EMPTY_NAMES.exec(glossary)?.[1]?.split(", ") ?? []) {
    avoided.set(empty, "name the thing");
  }
  return avoided;
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

/** Sentences about every name that holds an avoided word, plurals included. */
export function wordProblems(
  avoided: ReadonlyMap<string, string>,
  namings: readonly Naming[],
): string[] {
  return namings.flatMap(({ file, name }) =>
    wordsOf(name).flatMap((word) => {
      const advice = avoided.get(word) ?? avoided.get(word.replace(/s$/, ""));
      return advice === undefined ? [] : [`${file}: "${name}" says "${word}"; ${advice}.`];
    }),
  );
}
