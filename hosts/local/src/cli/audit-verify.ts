// Verifies an audit chain from outside: every hash is computed again from what the server tells, and nothing else believed.
//
//   head ─▶ entries after the mark, page by page ─ as far as the head, sealed ─▶ unbroken
//     ▲        └─ a hash does not fit, or it ends before the head ─▶ broken
//     └───────── further: somebody wrote meanwhile, and the next head has to know it
import type { Api } from "@acos/client";
import type { AuditEntryView } from "@acos/protocol";
import {
  AUDIT_BEGIN,
  canonicalJson,
  endFault,
  followAudit,
  type AuditEntry,
  type AuditFault,
  type AuditMark,
} from "@acos/trust";

/** Entries fetched with one call. */
const PAGE_ENTRIES = 500;

interface Broken {
  readonly unbroken: false;
  readonly words: string;
}
export type Verdict = { readonly unbroken: true; readonly end: AuditMark } | Broken;

/**
 * Follows the chain of an org to its end. `verified` is where it ended when it was last found unbroken: it must still pass
 * there. Throws RequestProblem when the server does not answer.
 */
export async function verifyAudit(
  api: Api,
  org: string,
  verified: AuditMark | undefined,
): Promise<Verdict> {
  let mark = AUDIT_BEGIN;
  for (;;) {
    // Entries and head are written together: what this one names is there, and the next one names all that is listed now.
    const head = await api.call("getAuditHead", { params: { org } });
    if (head.seq < mark.seq) return broken({ seq: head.seq + 1, wrong: "altered" });
    const followed = await followPages({ api, org }, mark, verified ? [verified, head] : [head]);
    if ("words" in followed) return followed;
    mark = followed;
    const end = verified && verified.seq > head.seq ? verified : head;
    if (mark.seq < end.seq) return broken({ seq: mark.seq + 1, wrong: "cut-off" });
    if (mark.seq > end.seq) continue;
    const fault = endFault(mark, head);
    if (fault) return broken(fault);
    if (head.sealed) return { unbroken: true, end: mark };
    return brokenBy(`the seal on its end, entry ${head.seq}, is not the server's own`);
  }
}

/** Follows all pages after a mark, past the places where it is known what must be there. Answers the last mark. */
async function followPages(
  { api, org }: { readonly api: Api; readonly org: string },
  from: AuditMark,
  known: readonly AuditMark[],
): Promise<AuditMark | Broken> {
  let mark = from;
  for (;;) {
    const query = { limit: PAGE_ENTRIES, cursor: mark.seq };
    const { items } = await api.call("listAuditEntries", { params: { org }, query });
    if (items.length === 0) return mark;
    const entries = items.map((item) => entryOf(org, item));
    const { mark: reached, fault } = await followAudit(mark, entries);
    if (fault) return broken(fault);
    const other = entries.find((entry) =>
      known.some(({ seq, hash }) => seq === entry.seq && hash !== entry.hash),
    );
    if (other) return brokenBy(`entry ${other.seq} is another than was known before`);
    const seal = items.find(({ kind }) => kind === "seal-broken");
    if (seal)
      return brokenBy(`entry ${seal.seq} says that what stands before it was tampered with`);
    mark = reached;
  }
}

function entryOf(org: string, item: AuditEntryView): AuditEntry {
  const { seq, at, hash, kind, actor, subject, details } = item;
  const body = canonicalJson({ kind, actor, subject, details });
  return { chain: org, seq, at: Date.parse(at), body, hash };
}

const WORDS: Readonly<Record<AuditFault["wrong"], (seq: number) => string>> = {
  altered: (seq) => `entry ${seq} is not what was written`,
  missing: (seq) => `entry ${seq} is missing`,
  reordered: (seq) => `entry ${seq} is not in its place`,
  "cut-off": (seq) => `entry ${seq} and what came after it are missing`,
};

function broken({ seq, wrong }: AuditFault): Broken {
  return brokenBy(WORDS[wrong](seq));
}

function brokenBy(words: string): Broken {
  return { unbroken: false, words };
}
