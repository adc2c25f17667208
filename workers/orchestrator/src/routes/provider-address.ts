// Where a provider may live: https anywhere, http on this machine or its network only, and only where the operator allows it.
import type { ProviderKind } from "@acos/protocol";

import type { Settings } from "../env.ts";
import { invalidField } from "../rest/invalid-field.ts";
import { requireOpenAddress } from "./outgoing-address.ts";

/**
 * Throws ProblemError for a base URL that we would not call. It looks at the text alone: what a name resolves to is seen
 * by the network that the Agents Worker calls through, each time.
 */
export function requireBaseUrl(
  { kind, baseUrl }: { readonly kind: ProviderKind; readonly baseUrl?: string | undefined },
  settings: Pick<Settings, "allowLocalEgress" | "egressAllow">,
): void {
  if (baseUrl === undefined) {
    if (kind === "openai-compatible")
      throw invalidField("baseUrl", 'A provider of kind "openai-compatible" needs a baseUrl.');
    return;
  }
  const { username, password } = new URL(baseUrl);
  // An empty query or fragment leaves no trace in a parsed URL, and would swallow the path that is put behind it.
  if (username !== "" || password !== "" || /[?#]/.test(baseUrl))
    throw invalidField("baseUrl", "baseUrl must have no user, password, query or fragment.");
  const policy = { local: settings.allowLocalEgress, allow: settings.egressAllow };
  const { url, is } = requireOpenAddress("baseUrl", baseUrl, policy);
  if (url.protocol === "https:" || is === "local") return;
  throw invalidField(
    "baseUrl",
    "baseUrl must begin with https://, so that the key is not sent in clear.",
  );
}
