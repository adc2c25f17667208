// /orgs/{org}/secrets: what an org's tools need and nobody may read. A value goes in and never out; it is sent to its own hosts only.
import {
  problem,
  ProblemError,
  secretNameSchema,
  SECRETS_MAX,
  type GroupId,
  type OrgId,
  type SecretView,
} from "@acos/protocol";
import { and, eq, inArray } from "drizzle-orm";

import type { Call, Handler } from "../rest/call.ts";
import { invalidField } from "../rest/invalid-field.ts";
import { pageOfAll } from "../rest/page.ts";
import { accessOrg, notFound } from "../store/access.ts";
import { untilCommitted } from "../store/agent-versions.ts";
import { groups } from "../store/control-tables.ts";
import { isTaken, type Database } from "../store/database.ts";
import {
  deleteSecretRows,
  insertSecret,
  lastSecretVersion,
  listSecretRows,
  readSecret,
  retireBefore,
  type SecretKey,
  type SecretRow,
} from "../store/secret-rows.ts";

export const putSecret: Handler<"putSecret"> = async (call) => {
  const { plane, caller, params, body } = call;
  const key = { org: accessOrg(caller, params.org, "manage"), name: requireName(params.name) };
  if (body.groups !== "all") await requireOwnGroups(plane.db, key.org, body.groups);
  const row = await untilCommitted(() => commit(call, key));
  return viewOf(row);
};

function requireName(name: string): string {
  if (secretNameSchema.safeParse(name).success) return name;
  throw invalidField("name", "A secret's name is 1 to 64 of a-z, 0-9 and single hyphens.");
}

async function requireOwnGroups(db: Database, org: OrgId, ids: readonly GroupId[]): Promise<void> {
  const rows = await db
    .select({ id: groups.id })
    .from(groups)
    .where(and(eq(groups.org, org), eq(groups.state, "ready"), inArray(groups.id, [...ids])));
  const foreign = ids.find((id) => !rows.some((row) => row.id === id));
  if (foreign === undefined) return;
  throw invalidField("groups", `There is no group ${foreign} in this organization.`);
}

/** The next version of a secret, committed; undefined when somebody else was faster. */
async function commit(
  { plane, caller, body }: Call<"putSecret">,
  key: SecretKey,
): Promise<SecretRow | undefined> {
  const { db, clock } = plane;
  const earlier = await readSecret(db, key);
  if (!earlier) await requireRoom(db, key.org);
  const version = (await lastSecretVersion(db, key)) + 1;
  const plaintext = body.value ?? (await keptValue(plane, earlier, body.hosts));
  const sealed = await plane.vault.seal(key.org, { name: key.name, version, plaintext });
  const { hosts } = body;
  const row: SecretRow = {
    ...key,
    version,
    hosts: [...new Set(hosts)],
    groups: body.groups,
    sealed,
    createdAt: clock.now(),
    createdBy: caller.user,
  };
  try {
    await db.batch([insertSecret(db, row), retireBefore(db, row, row.createdAt)]);
    return row;
  } catch (error) {
    if (isTaken(error)) return undefined;
    throw error;
  }
}

async function requireRoom(db: Database, org: OrgId): Promise<void> {
  if ((await listSecretRows(db, org)).length < SECRETS_MAX) return;
  const words = `An organization keeps at most ${SECRETS_MAX} secrets. Delete one first.`;
  throw new ProblemError(problem("conflict", words));
}

/** The value that is there, unless it would now be sent to somebody else. */
async function keptValue(
  { vault }: Call<"putSecret">["plane"],
  earlier: SecretRow | undefined,
  hosts: readonly string[],
): Promise<string> {
  if (!earlier) throw invalidField("value", "A new secret needs its value.");
  const added = hosts.find((host) => !earlier.hosts?.includes(host));
  if (added === undefined) return vault.open(earlier.org, earlier);
  const words = `"${added}" is a new host: send the value again, so that a secret never goes to another host than it was given for.`;
  throw invalidField("value", words);
}

export const listSecrets: Handler<"listSecrets"> = async ({ plane, caller, params, page }) => {
  const org = accessOrg(caller, params.org);
  return pageOfAll((await listSecretRows(plane.db, org)).map(viewOf), page);
};

export const deleteSecret: Handler<"deleteSecret"> = async ({ plane, caller, params }) => {
  const org = accessOrg(caller, params.org, "manage");
  const key = { org, name: params.name };
  const isNamed = secretNameSchema.safeParse(key.name).success;
  if (!isNamed || !(await deleteSecretRows(plane.db, key, plane.clock.now())))
    throw notFound("secret");
};

function viewOf({ name, version, hosts, groups: to, createdAt, createdBy }: SecretRow): SecretView {
  return {
    name,
    version,
    createdBy,
    hosts: [...(hosts ?? [])],
    groups: to === "all" ? to : [...to],
    createdAt: new Date(createdAt).toISOString(),
  };
}
