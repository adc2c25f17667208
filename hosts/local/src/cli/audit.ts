// `acos audit`: what was done and refused in an organization; `acos audit verify`: whether that record is still whole.
import type { Api } from "@acos/client";
import type { AuditEntryView } from "@acos/protocol";

import { RefusedStart, UsageError } from "../usage-error.ts";
import { parseArguments } from "./arguments.ts";
import { readMark, storeMark } from "./audit-marks.ts";
import { verifyAudit } from "./audit-verify.ts";
import { findManagedOrgs, type ManagedOrg } from "./find-org.ts";
import { plain } from "./plain-text.ts";
import { openSession } from "./session.ts";
import type { Terminal } from "./terminal.ts";

const SHAPE = {
  verb: "audit",
  usage: "acos audit [verify] [ORG] [--json]",
  options: { json: { type: "boolean" } },
  words: [0, 2],
} as const;

/** Writes the audit chains of the orgs the user manages, or verifies them. Throws RefusedStart when one is broken. */
export async function audit(args: readonly string[], terminal: Terminal): Promise<void> {
  const given = parseArguments(args, SHAPE);
  const verify = given.words[0] === "verify";
  const [named, ...tooMuch] = verify ? given.words.slice(1) : given.words;
  if (tooMuch.length > 0)
    throw new UsageError(`"${tooMuch[0]}" is too much. Usage: ${SHAPE.usage}`);
  const session = openSession(terminal);
  const orgs = await findManagedOrgs(session.api, named);
  if (verify) return verifyAll({ ...session, terminal }, orgs);
  for (const org of orgs)
    for await (const entry of entriesOf(session.api, org.id))
      terminal.output.write(given.on("json") ? `${JSON.stringify(entry)}\n` : lineOf(entry, org));
}

async function* entriesOf(api: Api, org: string): AsyncIterable<AuditEntryView> {
  let cursor: string | undefined;
  do {
    const page = await api.call("listAuditEntries", { params: { org }, query: { cursor } });
    yield* page.items;
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
}

/** One entry as a line: when, where in which chain, what, by whom, about what. */
function lineOf(
  { at, seq, kind, actor, subject, details }: AuditEntryView,
  org: ManagedOrg,
): string {
  const told = Object.entries(details ?? {}).map(([name, value]) => `${name}=${value}`);
  const when = at.replace("T", " ").replace(/\.\d+Z$/, "Z");
  const parts = [when, `${org.name} #${seq}`, kind, actor, ...(subject ? [subject] : []), ...told];
  return `${plain(parts.join("  ")).replaceAll(/\s*\n\s*/g, " ")}\n`;
}

async function verifyAll(
  { api, options, terminal }: ReturnType<typeof openSession> & { readonly terminal: Terminal },
  orgs: readonly ManagedOrg[],
): Promise<void> {
  const { environment, output } = terminal;
  const faults: string[] = [];
  for (const { id, name } of orgs) {
    const key = `${options.baseUrl} ${id}`;
    const verdict = await verifyAudit(api, id, readMark(environment, key));
    if (!verdict.unbroken) {
      faults.push(`The audit chain of ${plain(name)} (${id}) is broken: ${verdict.words}.`);
      continue;
    }
    const { end } = verdict;
    storeMark(environment, key, end);
    output.write(`${plain(name)}: ${end.seq} entries, unbroken, head ${end.hash}\n`);
  }
  if (faults.length > 0) throw new RefusedStart(faults.join("\n"));
}
