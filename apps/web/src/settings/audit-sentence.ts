// An entry of the audit chain as a sentence, with names where there are any.
import type { AuditEntryView } from "@acos/protocol";

import type { AuditTold } from "../audit-told.ts";
import { words } from "../words.ts";
import type { NameOf } from "./use-names.ts";

/** The end of an id that nobody here has a name for: enough to tell it from others; the entry opened shows all of it. */
const ID_TAIL_CHARS = 6;

type Did = (told: AuditTold) => string;

/** What an entry says. A kind that has no words here is shown as it is. */
export function sentenceOf(entry: AuditEntryView, nameOf: NameOf): string {
  const { kind, actor, subject = "", details = {} } = entry;
  const name = (id: string): string => shownName(id, nameOf);
  const told: AuditTold = {
    who: name(actor),
    what: name(subject),
    more: (detail) => name(String(details[detail] ?? "")),
  };
  const did: Readonly<Record<string, Did>> = words.audit.did;
  const says = Object.hasOwn(did, kind) ? did[kind] : undefined;
  return says ? beginLarge(says(told)) : words.audit.other(kind, told);
}

/** Words begin a sentence with a capital; ids stay as they are. */
function beginLarge(sentence: string): string {
  if (/^[a-z]{3}_/.test(sentence)) return sentence;
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}

function shownName(id: string, nameOf: NameOf): string {
  const known = nameOf(id);
  if (known !== id) return known;
  if (id === "unknown" || id.startsWith("person:")) return words.audit.somebody;
  if (id === "installation") return words.audit.installation;
  if (id.startsWith("org_")) return words.audit.organization;
  const [, prefix] = /^([a-z]{3})_[0-9a-z]{20,}$/.exec(id) ?? [];
  return prefix === undefined ? id : `${prefix}_…${id.slice(-ID_TAIL_CHARS)}`;
}

/** What stands beside the sentence: that something was refused or failed, and what else was passed over. */
export function marksOf({ kind, details = {} }: AuditEntryView): {
  readonly refused: boolean;
  readonly failed: string | undefined;
  readonly repeats: number;
  readonly unrecorded: number;
} {
  const { failed, repeats, unrecorded } = details;
  return {
    refused: kind === "refused" || kind.endsWith("-refused"),
    failed: failed === undefined ? undefined : String(failed),
    repeats: Number(repeats ?? 0),
    unrecorded: Number(unrecorded ?? 0),
  };
}
