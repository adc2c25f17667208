// Which models there are for an org: those of its own providers and those of the installation.
import type { OrgId } from "@acos/protocol";

import type { Settings } from "./env.ts";
import { providerOf } from "./store/agent-versions.ts";
import type { Database } from "./store/database.ts";
import { listProviders } from "./store/provider-versions.ts";

interface WantedModel {
  readonly org: OrgId;
  /** `provider/model`. */
  readonly model: string;
}

/** Whether the model's provider is the org's or the installation's. It does not ask the provider for the model. */
export async function isKnownModel(
  db: Database,
  { builtinModels }: Pick<Settings, "builtinModels">,
  { org, model }: WantedModel,
): Promise<boolean> {
  const wanted = providerOf(model);
  if (builtinModels.some(({ provider }) => provider === wanted)) return true;
  return (await listProviders(db, org)).some(({ name }) => name === wanted);
}

/** Names of all providers that an org's agents may use. */
export async function knownProviders(
  db: Database,
  { builtinModels }: Pick<Settings, "builtinModels">,
  org: OrgId,
): Promise<readonly string[]> {
  const own = await listProviders(db, org);
  return [
    ...new Set([...own.map(({ name }) => name), ...builtinModels.map((row) => row.provider)]),
  ];
}
