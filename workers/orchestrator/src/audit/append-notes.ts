// Appending to an audit chain: read its end, hash on from there, write entries and sealed head in one transaction.
//
//   end ─▶ seal holds? ─▶ entries hashed on ─▶ written ─▶ done
//            └─ no: a `seal-broken` entry first   └─ somebody was faster ─▶ once more, from the end
import { parseJson, type AuditNote } from "@acos/protocol";
import { AUDIT_BEGIN, auditHash, canonicalJson, type AuditMark } from "@acos/trust";

import type { Clock } from "../clock.ts";
import { isTaken, type Database } from "../store/database.ts";
import type { Vault } from "../vault/vault.ts";
import {
  readEnd,
  writeEntries,
  type ChainEnd,
  type DatedNote,
  type EntryRow,
} from "./audit-rows.ts";
import { isSealed, sealHead } from "./head-seal.ts";

export interface AppendParts {
  readonly db: Database;
  readonly clock: Clock;
  readonly vault: Vault;
}

/** Each round one writer of a chain comes through; so many at the same moment are more than an org has. */
const ATTEMPTS = 40;
/** Pause before another try, at random up to this, so that writers do not meet again. */
const PAUSE_MAX_MS = 25;

/** Appends notes to a chain, in their order; what is there already, by its source, is passed over. Throws when D1 does. */
export async function appendNotes(
  parts: AppendParts,
  chain: string,
  notes: readonly DatedNote[],
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await appendOnce(parts, chain, notes);
    } catch (error) {
      if (!isTaken(error) || attempt === ATTEMPTS) throw error;
      await scheduler.wait(((parts.clock.random(1)[0] ?? 0) / 255) * PAUSE_MAX_MS);
    }
  }
}

async function appendOnce(
  parts: AppendParts,
  chain: string,
  notes: readonly DatedNote[],
): Promise<void> {
  const sources = notes.flatMap(({ source }) => source ?? []);
  const end = await readEnd(parts.db, chain, sources);
  const fresh = notes
    .filter(({ source }) => !end.told.some((row) => isTold(row, source)))
    .map((note) => withFreeSource(note, end));
  if (fresh.length === 0) return;
  const broken = await findBreak(parts, chain, end);
  const entries = await entriesAfter(
    { chain, ...lastOf(end) },
    broken ? [{ at: parts.clock.now(), note: broken }, ...fresh] : fresh,
  );
  const head = entries.at(-1) ?? lastOf(end);
  const seal = await sealHead(parts.vault, chain, head);
  await writeEntries(parts.db, entries, { chain, seq: head.seq, hash: head.hash, seal });
}

async function entriesAfter(from: AuditMark & { chain: string }, notes: readonly DatedNote[]) {
  const entries: (EntryRow & { readonly source: string | null })[] = [];
  let { seq, hash } = from;
  for (const { at, note, source = null } of notes) {
    seq += 1;
    const content = { chain: from.chain, seq, at, body: canonicalJson(note) };
    hash = await auditHash(hash, content);
    entries.push({ ...content, hash, source });
  }
  return entries;
}

/**
 * A chain that somebody tampered with goes on, because silence would serve them; but a new seal must not cover what the old
 * one would not have: the entry that says so stays, and nobody can follow the chain past it without being told.
 */
async function findBreak(
  parts: AppendParts,
  chain: string,
  { head, last }: ChainEnd,
): Promise<AuditNote | undefined> {
  if (!head && !last) return undefined;
  const whole = head && last && head.seq === last.seq && head.hash === last.hash;
  if (whole && (await isSealed(parts.vault, chain, head))) return undefined;
  return {
    kind: "seal-broken",
    actor: "unknown",
    details: { headSeq: head?.seq ?? 0, lastSeq: last?.seq ?? 0 },
  };
}

/** Where the chain goes on: past everything that is or was there, so that no seq is used twice. */
function lastOf({ head, last }: ChainEnd): AuditMark {
  const ends = [last, head].filter((mark) => mark !== undefined);
  return ends.toSorted((one, other) => other.seq - one.seq)[0] ?? AUDIT_BEGIN;
}

/** A row that only pretends to be the news holds its source, which can be there once: the news goes in without. */
function withFreeSource({ source, ...note }: DatedNote, { told }: ChainEnd): DatedNote {
  const isFree = source !== undefined && !told.some((row) => row.source === source);
  return isFree ? { ...note, source } : note;
}

/** A row counts for its source only where its body, which is hashed, says the same. */
function isTold({ source, body }: ChainEnd["told"][number], wanted: string | undefined): boolean {
  if (wanted === undefined || source !== wanted) return false;
  const { details } = parseJson(body, "An audit entry") as Partial<AuditNote>;
  return wanted === `${details?.["group"]}:${details?.["event"]}`;
}
