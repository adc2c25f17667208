// The audit chain: each entry's hash covers the one before, so that no entry can change, go or move without a trace.
//
//   64 zeros ─▶ hash 1 = H(zeros, entry 1) ─▶ hash 2 = H(hash 1, entry 2) ─▶ … ─▶ the head, which its keeper seals
import { canonicalJson } from "./canonical-json.ts";
import { sha256Hex } from "./digest.ts";

/** Names the layout of what is hashed: another layout gets another name. */
const LAYOUT = "acos-audit-entry-v1";

/** What is hashed of an entry, beside the hash before it. */
export interface AuditContent {
  /** Whose chain it stands in: an entry of one chain is none of another. */
  readonly chain: string;
  readonly seq: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** What happened, as canonical JSON. */
  readonly body: string;
}

export interface AuditEntry extends AuditContent {
  readonly hash: string;
}

/** A place in a chain: the entry of that seq has that hash, and with it all entries before are fixed. */
export interface AuditMark {
  readonly seq: number;
  readonly hash: string;
}

/** Where every chain begins. */
export const AUDIT_BEGIN: AuditMark = { seq: 0, hash: "0".repeat(64) };

/** What is wrong at a seq: another entry, none, one from another place, or the end of the chain is gone. */
export interface AuditFault {
  readonly seq: number;
  readonly wrong: "altered" | "missing" | "reordered" | "cut-off";
}

/** The hash of an entry that follows `previous`. */
export function auditHash(previous: string, content: AuditContent): Promise<string> {
  const { chain, seq, at, body } = content;
  return sha256Hex(canonicalJson([LAYOUT, previous, chain, seq, at, body]));
}

/**
 * Follows a run of entries, in the order they are kept, from a mark that is believed. Answers how far it could be
 * followed, with the first fault where it ends before its time. It does not know where the chain should end: `endFault` does.
 */
export async function followAudit(
  from: AuditMark,
  entries: readonly AuditEntry[],
): Promise<{ readonly mark: AuditMark; readonly fault?: AuditFault }> {
  let mark = from;
  for (const [place, entry] of entries.entries()) {
    const seq = mark.seq + 1;
    if (entry.seq !== seq || (await auditHash(mark.hash, entry)) !== entry.hash) {
      const later = entries.slice(place + 1);
      return { mark, fault: { seq, wrong: await whatIsWrong(mark, entry, later) } };
    }
    mark = { seq, hash: entry.hash };
  }
  return { mark };
}

/** Compares how far a chain could be followed with where it should end, as a head or an earlier reader knows it. */
export function endFault(mark: AuditMark, end: AuditMark): AuditFault | undefined {
  if (end.seq > mark.seq) return { seq: mark.seq + 1, wrong: "cut-off" };
  if (end.seq === mark.seq && end.hash === mark.hash) return undefined;
  return { seq: end.seq + (end.seq < mark.seq ? 1 : 0), wrong: "altered" };
}

async function whatIsWrong(
  mark: AuditMark,
  entry: AuditEntry,
  later: readonly AuditEntry[],
): Promise<AuditFault["wrong"]> {
  for (const other of later)
    if ((await auditHash(mark.hash, { ...other, seq: mark.seq + 1 })) === other.hash)
      return "reordered";
  return entry.seq > mark.seq + 1 ? "missing" : entry.seq < mark.seq + 1 ? "reordered" : "altered";
}
