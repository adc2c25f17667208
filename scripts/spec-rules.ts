// The rules of the SPEC.md files against the tests that name them; pure, so that the comparison itself is tested.

export interface TextFile {
  readonly path: string;
  readonly text: string;
}

/** A rule opens a list item with its bold id: `- **R3** …`. */
const RULE = /^- \*\*([A-Z]+\d+)\*\*/gm;
/** A title opens with the ids it proves: `it("[R3] …")`, `it("[R3] [R4] …")`, in tests/ also `it("[trust:R3] …")`. */
const TITLE = /["'`]((?:\[(?:[a-z-]+:)?[A-Z]+\d+\][ ,]*)+)/g;
const NAMED = /\[(?:([a-z-]+):)?([A-Z]+\d+)\]/g;

interface Named {
  readonly part: string | undefined;
  readonly rule: string;
}

function partOf(path: string): string {
  return path.split("/").slice(0, 2).join("/");
}

/** Ids that a SPEC.md states, in order. A rule stated twice appears twice. */
export function statedRules(spec: string): string[] {
  return [...spec.matchAll(RULE)].map((match) => match[1]!);
}

/** Ids that the titles of a test file name, with the part they belong to where the title says so. */
export function namedRules(test: string): Named[] {
  return [...test.matchAll(TITLE)].flatMap((title) =>
    [...title[1]!.matchAll(NAMED)].map((match) => ({ part: match[1], rule: match[2]! })),
  );
}

/** Which SPEC.md a name in a test means: its own part's, the named part's, or, from tests/, the only one that has it. */
function meant(specs: readonly TextFile[], test: TextFile, named: Named): readonly TextFile[] {
  const own = specs.find((spec) => partOf(spec.path) === partOf(test.path));
  if (named.part !== undefined) {
    return specs.filter((spec) => partOf(spec.path).endsWith(`/${named.part}`));
  }
  if (own) return [own];
  if (!test.path.startsWith("tests/")) return [];
  return specs.filter((spec) => statedRules(spec.text).includes(named.rule));
}

/** Sentences about every rule without a test, every named rule that is not stated, and every id stated twice. */
export function ruleProblems(specs: readonly TextFile[], tests: readonly TextFile[]): string[] {
  const problems: string[] = [];
  const tested = new Set<string>();
  for (const test of tests) {
    for (const named of namedRules(test.text)) {
      const { part, rule } = named;
      const targets = meant(specs, test, named);
      const label = part === undefined ? `[${rule}]` : `[${part}:${rule}]`;
      if (targets.length > 1) {
        const choices = targets.map((spec) => `[${partOf(spec.path).split("/")[1]}:${rule}]`);
        problems.push(
          `${test.path} names ${label}, which could be ${choices.join(" or ")}: say which.`,
        );
      } else if (!targets[0] || !statedRules(targets[0].text).includes(rule)) {
        problems.push(`${test.path} names ${label}, which no SPEC.md of its part states.`);
      } else tested.add(`${targets[0].path} ${rule}`);
    }
  }
  for (const spec of specs) {
    const stated = statedRules(spec.text);
    for (const [at, rule] of stated.entries()) {
      if (stated.indexOf(rule) !== at) problems.push(`${spec.path} states ${rule} twice.`);
      else if (!tested.has(`${spec.path} ${rule}`)) {
        problems.push(`${spec.path}: no test names [${rule}].`);
      }
    }
  }
  return [...new Set(problems)];
}
