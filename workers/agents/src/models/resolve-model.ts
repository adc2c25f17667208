// From "provider/model" to a model that can be called: the org's own provider, the installation's, or the rehearsal model.
import type { Egress } from "@acos/egress";
import {
  problem,
  ProblemError,
  type AgentPin,
  type ProviderPin,
  type ProviderVersion,
} from "@acos/protocol";

import type { Model, ResolvedModel } from "./model.ts";
import { priceOf } from "./price.ts";
import { modelOf, type ProviderAccess } from "./providers.ts";

/** The built-in provider that always exists and never leaves the Worker. */
const REHEARSAL_PROVIDER = "rehearsal";

export interface ModelSources {
  /** Verified bytes of the org's provider; never an older version than the pin's. */
  readonly providerVersion: (org: string, pin: ProviderPin) => Promise<ProviderVersion>;
  readonly builtinProviders: ReadonlyMap<string, ProviderAccess>;
  /** The provider's API key, opened for this call. Contract: rejects with a ProblemError when it cannot be opened. */
  readonly providerKey: (provider: ProviderVersion) => Promise<string | undefined>;
  readonly egress: Egress;
  readonly rehearsal: Model;
}

/**
 * The model a pin names. Throws ProblemError `provider_refused` when there is no such provider: a real model is never
 * replaced by the rehearsal model. Does not check that the provider knows the model.
 */
export async function resolveModel(pin: AgentPin, sources: ModelSources): Promise<ResolvedModel> {
  const { name, modelId } = splitModelName(pin.model);
  if (name === REHEARSAL_PROVIDER)
    return { model: sources.rehearsal, provider: name, secrets: [], price: undefined };
  const access =
    pin.provider === null
      ? sources.builtinProviders.get(name)
      : await openProvider(pin, name, sources);
  if (access === undefined)
    throw refusal(
      `There is no model provider "${name}" for ${pin.model}. Add it in Settings → Models, or choose another model for this agent.`,
    );
  return {
    model: modelOf(access, modelId, sources.egress),
    provider: access.name,
    secrets: access.apiKey === undefined ? [] : [access.apiKey],
    price: access.baseUrl === undefined ? priceOf(access.kind, modelId) : undefined,
  };
}

function splitModelName(model: string): { name: string; modelId: string } {
  const slash = model.indexOf("/");
  return { name: model.slice(0, slash), modelId: model.slice(slash + 1) };
}

async function openProvider(
  pin: AgentPin,
  name: string,
  sources: ModelSources,
): Promise<ProviderAccess> {
  if (pin.provider === null || pin.provider.name !== name)
    throw refusal(`The model ${pin.model} and its provider do not fit. Save the agent again.`);
  const provider = await sources.providerVersion(pin.org, pin.provider);
  return {
    name,
    kind: provider.kind,
    baseUrl: provider.baseUrl,
    apiKey: await sources.providerKey(provider),
  };
}

function refusal(message: string): ProblemError {
  return new ProblemError(problem("provider_refused", message));
}
