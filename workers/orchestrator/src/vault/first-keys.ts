// Provider keys of an earlier product lie inside their provider's record: each moves to the sealed secrets, as a new version.
import { parse, parseJson, providerVersionSchema, type ProviderVersion } from "@acos/protocol";
import { and, isNull, like } from "drizzle-orm";

import { catchUp } from "../catch-up.ts";
import type { ControlPlane } from "../control-plane.ts";
import { providers, providerVersions } from "../store/control-tables.ts";
import type { Database } from "../store/database.ts";
import {
  commitProvider,
  IS_LATEST,
  openFirstProviderKey,
  sealProviderKey,
} from "../store/provider-versions.ts";
import { orSkip } from "./or-skip.ts";

/** Moves up to `limit` keys and answers how many; one that cannot be opened stays. */
export async function moveFirstKeys(plane: ControlPlane, limit: number): Promise<number> {
  let moved = 0;
  for (const { body, by } of await selectFirst(plane.db).limit(limit)) {
    const what = "A provider's version";
    const earlier = parse(providerVersionSchema, parseJson(body, what), what);
    await orSkip(async () => {
      await move(plane, earlier, by);
      moved += 1;
    });
  }
  if (moved > 0) {
    // The groups that use these providers are owed the new versions.
    plane.outbox.noteOwing();
    await catchUp(plane);
  }
  return moved;
}

/** How many providers still hold their key themselves. */
export async function countFirstKeys(db: Database): Promise<number> {
  return (await selectFirst(db)).length;
}

/** Latest versions of living providers that hold their sealed key themselves. */
function selectFirst(db: Database) {
  return db
    .select({ body: providerVersions.body, by: providerVersions.createdBy })
    .from(providers)
    .innerJoin(providerVersions, IS_LATEST)
    .where(and(isNull(providers.deletedAt), like(providerVersions.body, '%"sealedKey"%')));
}

async function move(
  plane: ControlPlane,
  { sealedKey, ...earlier }: ProviderVersion,
  by: Parameters<typeof sealProviderKey>[1]["by"],
): Promise<void> {
  if (sealedKey === undefined) return;
  const plaintext = await openFirstProviderKey(plane, { ...earlier, sealedKey });
  const version = earlier.version + 1;
  const key = await sealProviderKey(plane, { ...earlier, version, by }, plaintext);
  // Somebody who changes the provider at this moment moves the key as well.
  await commitProvider(plane, { provider: { ...earlier, version, keyVersion: version }, key, by });
}
