// Turns what the environment and this machine offer into the list of models, and says which key will be spent from.
import { UsageError } from "../usage-error.ts";
import type { Environment } from "./flags.ts";
import { findLocalServers, localCandidates } from "./local-servers.ts";
import type { Log } from "./log.ts";
import { type Detected, chooseModels, preferModel } from "./models.ts";

export interface DetectionRim {
  readonly environment: Environment;
  readonly log: Log;
}

/**
 * Finds the models, best first. `ACOS_DETECT=off` looks for nothing, neither keys nor servers. Throws UsageError when the
 * model the user named belongs to a provider that was not found.
 */
export async function detectModels(
  wanted: string | undefined,
  { environment, log }: DetectionRim,
): Promise<Detected> {
  const off = environment["ACOS_DETECT"] === "off";
  const servers = off ? [] : await findLocalServers(localCandidates(environment));
  const found = chooseModels(off ? {} : environment, servers);
  const detected = wanted === undefined ? found : preferModel(found, wanted);
  if (detected === undefined) throw new UsageError(unknownModel(wanted ?? "", found));
  const used = detected.models.filter(({ kind }) => kind !== "rehearsal");
  for (const line of new Set(used.map(({ provider, via }) => `${provider} via ${via}`)))
    log.info(line);
  if (used.length === 0) log.info("no model found on this machine: the rehearsal model serves");
  return detected;
}

function unknownModel(wanted: string, found: Detected): string {
  const known = [...new Set(found.models.map(({ provider }) => provider))].join(", ");
  return `No model "${wanted}": its provider was not found here. Known are: ${known}. Set the provider's key or start its server first.`;
}
