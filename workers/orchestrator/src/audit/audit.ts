// The audit log of the control plane: what is written before an answer, and what is written after it.
import type { AuditNote, OrgId, UserId } from "@acos/protocol";
import { canonicalJson } from "@acos/trust";
import { waitUntil } from "cloudflare:workers";
import { eq } from "drizzle-orm";

import { logError } from "../log.ts";
import { orgMembers } from "../store/sign-in-tables.ts";
import { appendNotes, type AppendParts } from "./append-notes.ts";
import { AuditVolume, SAME_MS } from "./audit-volume.ts";

/** What belongs to no org: strangers, tokens of nobody, the installation's own keys. */
export const INSTALLATION_CHAIN = "installation";
export type Chain = OrgId | typeof INSTALLATION_CHAIN;

/** Which chains a note belongs to, and who did it where that was not known before. */
export interface Found {
  readonly chains: readonly Chain[];
  readonly actor?: string;
}
/** Asks for what a note needs, which costs database calls. */
export type Find = () => Promise<Found>;

/** Records notes. Nothing here throws: what could not be recorded is logged, and whoever asked for something gets it. */
export class Audit {
  readonly #parts: AppendParts;
  readonly #volume = new AuditVolume();

  constructor(parts: AppendParts) {
    this.#parts = parts;
  }

  /** Records a note in a chain before it resolves. */
  note(chain: Chain, note: AuditNote): Promise<void> {
    return this.noteFound(note, async () => ({ chains: [chain] }));
  }

  /** Records a note in the chain of every org its user is in, before it resolves. */
  noteUser(user: UserId, note: Omit<AuditNote, "actor">): Promise<void> {
    return this.noteFound({ ...note, actor: user }, async () => ({
      chains: await this.orgsOf(user),
    }));
  }

  /** Records a note where `find` says, before it resolves. */
  async noteFound(note: AuditNote, find: Find): Promise<void> {
    const at = this.#parts.clock.now();
    try {
      const { chains, ...actor } = await find();
      const dated = { at, note: { ...note, ...actor } };
      await Promise.all(chains.map((chain) => appendNotes(this.#parts, chain, [dated])));
    } catch (error) {
      logError("an audit entry was lost", error, { kind: note.kind });
    }
  }

  /**
   * Records a note after the answer, with no database call before it. The same note within `sameMs` is counted instead, and
   * no chain takes more than its share of a kind a minute; the next entry says how many were passed over.
   */
  noteLater(note: AuditNote, find: Find, sameMs = SAME_MS): void {
    const at = this.#parts.clock.now();
    const repeats = this.#volume.takeSame(canonicalJson({ ...note }), at, sameMs);
    if (repeats === undefined) return;
    waitUntil(this.#afterAnswer(note, { at, repeats, find }));
  }

  async #afterAnswer(
    note: AuditNote,
    { at, repeats, find }: { readonly at: number; readonly repeats: number; readonly find: Find },
  ): Promise<void> {
    // A task of its own: the answer that this is about goes out first.
    await scheduler.wait(0);
    // Who asks for all there might be would cost a look-up each time: an actor has a share of them, too, for each kind, so
    // that one who is refused often enough is not unseen in what succeeds.
    const missed = this.#volume.takeShare(`look-ups of ${note.actor} for ${note.kind}`, at);
    if (missed === undefined) return;
    try {
      const { chains, ...actor } = await find();
      for (const chain of chains) {
        const unrecorded = this.#volume.takeShare(`${chain} ${note.kind}`, at);
        if (unrecorded === undefined) continue;
        const passedOver = { repeats, unrecorded: unrecorded + missed };
        const full = withPassedOver({ ...note, ...actor }, passedOver);
        await appendNotes(this.#parts, chain, [{ at, note: full }]);
      }
    } catch (error) {
      logError("an audit entry was lost", error, { kind: note.kind });
    }
  }

  /** The orgs a user is in now. Throws when D1 does. */
  async orgsOf(user: UserId): Promise<readonly OrgId[]> {
    const rows = await this.#parts.db
      .select({ org: orgMembers.organizationId })
      .from(orgMembers)
      .where(eq(orgMembers.userId, user));
    return rows.map(({ org }) => org as OrgId);
  }
}

function withPassedOver(
  note: AuditNote,
  { repeats, unrecorded }: { readonly repeats: number; readonly unrecorded: number },
): AuditNote {
  if (repeats === 0 && unrecorded === 0) return note;
  const passedOver = { ...(repeats > 0 && { repeats }), ...(unrecorded > 0 && { unrecorded }) };
  return { ...note, details: { ...note.details, ...passedOver } };
}
