// The model providers, each made by its AI SDK package; all of their requests go through the egress function.
import type { Egress } from "@acos/egress";
import { createAnthropic } from "@ai-sdk/anthropic";
import { createGoogle } from "@ai-sdk/google";
import { createOpenAI } from "@ai-sdk/openai";
import { problem, ProblemError, type ProviderKind } from "@acos/protocol";

import type { Model } from "./model.ts";
import { compatibleModel } from "./openai-compatible.ts";

/** Bytes of one response: far over the text a turn keeps, with room for each token's envelope. */
const RESPONSE_MAX_BYTES = 64 * 1024 * 1024;
/** Stands where a server needs no key, so that no key is looked for in an environment. */
const NO_KEY = "none";

/** A provider with its key opened; lives as long as one turn. */
export interface ProviderAccess {
  readonly name: string;
  readonly kind: ProviderKind;
  readonly baseUrl: string | undefined;
  readonly apiKey: string | undefined;
}

/** A model of a provider. Throws ProblemError `provider_refused` when the provider's settings cannot work. Calls nothing. */
export function modelOf(access: ProviderAccess, modelId: string, egress: Egress): Model {
  const fetch = egressFetch(egress);
  const shared = { fetch, ...(access.baseUrl !== undefined && { baseURL: access.baseUrl }) };
  switch (access.kind) {
    case "openai":
      return openAiModel(createOpenAI({ ...shared, apiKey: requireKey(access) }), access, modelId);
    case "anthropic":
      return createAnthropic({ ...shared, apiKey: requireKey(access) }).languageModel(modelId);
    case "google":
      return createGoogle({ ...shared, apiKey: requireKey(access) }).languageModel(modelId);
    case "openai-compatible":
      return compatibleModel({ ...access, baseUrl: requireBaseUrl(access) }, modelId, egress);
    default:
      return access.kind satisfies never;
  }
}

/** OpenAI itself speaks the newer interface; what stands in for it at another address speaks the one everybody knows. */
function openAiModel(
  openai: ReturnType<typeof createOpenAI>,
  { baseUrl }: ProviderAccess,
  modelId: string,
): Model {
  return baseUrl === undefined ? unstored(openai.responses(modelId)) : openai.chat(modelId);
}

/** OpenAI keeps responses unless told not to; the group's log is the only memory. */
function unstored(model: Model): Model {
  return {
    modelId: model.modelId,
    doStream: (call) => model.doStream({ ...call, providerOptions: { openai: { store: false } } }),
  };
}

function requireKey({ name, apiKey, baseUrl }: ProviderAccess): string {
  if (apiKey !== undefined) return apiKey;
  if (baseUrl !== undefined) return NO_KEY;
  throw refusal(`The provider "${name}" has no API key. Add one in Settings → Models.`);
}

function requireBaseUrl({ name, baseUrl }: ProviderAccess): string {
  if (baseUrl !== undefined) return baseUrl;
  throw refusal(`The provider "${name}" has no base URL. Add one in Settings → Models.`);
}

function refusal(message: string): ProblemError {
  return new ProblemError(problem("provider_refused", message));
}

/** The SDK's `fetch`: always a POST of JSON text. */
function egressFetch(egress: Egress): typeof globalThis.fetch {
  return (input, init) =>
    egress(String(input), {
      method: init?.method ?? "GET",
      headers: new Headers(init?.headers),
      maxBytes: RESPONSE_MAX_BYTES,
      ...(typeof init?.body === "string" && { body: init.body }),
      ...(init?.signal && { signal: init.signal }),
    });
}
