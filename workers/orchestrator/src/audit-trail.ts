// The audit trail: each group tells it what happened inside. Over a service binding and nowhere else.
import {
  isId,
  type AuditTrailControl,
  type GroupId,
  type GroupNews,
  type OrgId,
} from "@acos/protocol";
import { WorkerEntrypoint } from "cloudflare:workers";

import { appendNotes } from "./audit/append-notes.ts";
import type { Bindings } from "./env.ts";
import { controlPlaneOf } from "./open-control-plane.ts";

/** Entrypoint bound by the Group Controller as AUDIT. Whoever holds that binding is trusted to be it. */
export class AuditTrail extends WorkerEntrypoint<Bindings> implements AuditTrailControl {
  /** Records news in the org's chain, each once however often it is told. Throws when the store does not answer. */
  async record(
    { group, org }: { group: GroupId; org: OrgId },
    news: readonly GroupNews[],
  ): Promise<void> {
    if (!isId("group", group) || !isId("org", org)) throw new TypeError("news of no group");
    const notes = news.map(({ seq, at, note }) => ({
      at,
      note: { ...note, details: { ...note.details, group, event: seq } },
      source: `${group}:${seq}`,
    }));
    await appendNotes(await controlPlaneOf(this.env), org, notes);
  }
}
