// Copies: what was acknowledged is there once, comes to its end, and has its origin's history up to where it begins.
import {
  canonical,
  entriesOf,
  groupBy,
  type History,
  type Outcome,
  type Violation,
} from "./history.ts";

/** Rule K18. */
export function checkCopies(history: History, outcome: Outcome): Violation[] {
  const asked = entriesOf(history, "copy-asked");
  const told = entriesOf(history, "copied");
  const listed = groupBy(outcome.copies, (copy) => copy.group);
  const broken = (text: string): Violation => ({ rule: "K18", text });
  const imports = outcome.copies.filter(({ how }) => how === "import").length;
  const importsAsked = asked.filter(({ how }) => how === "import").length;
  return [
    ...told
      .filter(({ group }) => !listed.has(group))
      .map(({ name, group }) => broken(`${name} was acknowledged as ${group}, which is not there`)),
    ...[
      ...groupBy(
        outcome.copies.filter(({ how }) => how === "fork"),
        (copy) => copy.name,
      ),
    ]
      .filter(([, same]) => same.length > 1)
      .map(([name, same]) => broken(`${name} is there ${same.length} times`)),
    ...(imports > importsAsked
      ? [broken(`${imports} imports, ${importsAsked} were asked for`)]
      : []),
    ...outcome.copies.flatMap((copy) =>
      checkCopy(copy, outcome.log).map((text) => broken(`${copy.name} ${copy.group}: ${text}`)),
    ),
    ...asked.flatMap(({ how, name, atSeq }) => {
      const copy = outcome.copies.find((each) => how === "fork" && each.name === name);
      const begins = copy && beginOf(copy);
      return begins === undefined || begins === (atSeq ?? 0) + 1
        ? []
        : [broken(`${name} was asked for at ${atSeq} and begins at ${begins}`)];
    }),
  ];
}

type Copy = Outcome["copies"][number];

/** The seq from which on a copy is its own group. */
const beginOf = ({ log }: Copy) => log.find(({ event }) => event.kind === "group-copied")?.seq;

function checkCopy(copy: Copy, origin: Outcome["log"]): string[] {
  if (copy.state !== "active") return [`it is still ${copy.state}`];
  const begins = beginOf(copy);
  if (begins === undefined) return ["nothing says where it begins"];
  const doubled = copy.log.filter(({ event }) => event.kind === "group-copied").length;
  if (doubled > 1) return [`it begins ${doubled} times`];
  const wrong = copy.log.findIndex(
    (row, index) =>
      row.seq !== index + 1 ||
      (row.seq < begins && canonical(row) !== canonical(origin[index] ?? null)),
  );
  return wrong < 0 ? [] : [`place ${wrong + 1} of its log is not what its origin has`];
}
