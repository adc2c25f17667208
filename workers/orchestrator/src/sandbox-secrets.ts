// Secrets for the egress of sandboxes: opened here, for one group at a time. Over an inner binding and nowhere else.
import {
  isId,
  secretNameSchema,
  type GroupId,
  type OrgId,
  type SandboxSecretsControl,
} from "@acos/protocol";
import { WorkerEntrypoint } from "cloudflare:workers";
import { and, eq } from "drizzle-orm";

import { controlPlaneOf } from "./open-control-plane.ts";
import type { Bindings } from "./env.ts";
import { groups } from "./store/control-tables.ts";
import type { Database } from "./store/database.ts";
import { readSealedRecord } from "./store/secret-rows.ts";

/** A sandbox that works asks again and again; the chain says once an hour that it does. */
const SAME_USE_MS = 3_600_000;

type Asked = Parameters<SandboxSecretsControl["reveal"]>[0];

/** Entrypoint bound by the launcher's gateway as SANDBOX_SECRETS. Whoever holds that binding may have every granted secret. */
export class SandboxSecrets extends WorkerEntrypoint<Bindings> implements SandboxSecretsControl {
  /**
   * Opens a secret of the group's own org that is granted to the group; null for every other one. Throws when the store does
   * not answer or the secret cannot be opened. That it goes to its hosts only is for the caller to see to.
   */
  async reveal({ org, group, name }: Asked): ReturnType<SandboxSecretsControl["reveal"]> {
    if (!isId("org", org) || !isId("group", group) || !secretNameSchema.safeParse(name).success)
      return null;
    const { db, vault, audit } = await controlPlaneOf(this.env);
    if (!(await isGroupOf(db, { org, group }))) return null;
    const record = await readSealedRecord(db, { org, name, group });
    if (!record?.hosts) return null;
    const value = await vault.open(org, record);
    const note = { kind: "secret-revealed", actor: group, subject: name } as const;
    audit.noteLater(note, async () => ({ chains: [org] }), SAME_USE_MS);
    return { value, hosts: record.hosts };
  }
}

/** A secret that is granted to all groups is granted to those of its org. */
async function isGroupOf(db: Database, { org, group }: { org: OrgId; group: GroupId }) {
  const rows = await db
    .select({ id: groups.id })
    .from(groups)
    .where(and(eq(groups.id, group), eq(groups.org, org), eq(groups.state, "ready")));
  return rows.length > 0;
}
