// Where a provider may live: https anywhere, http on this machine or its network only, and only where the operator allows it.
import { problem, ProblemError, type ProviderKind } from "@acos/protocol";

import type { Settings } from "../env.ts";
import { invalidField } from "../rest/invalid-field.ts";

/**
 * Throws ProblemError for a base URL that we would not call. It looks at the text alone: what a name resolves to is checked
 * by the egress of the Agents Worker, each time.
 */
export function requireBaseUrl(
  { kind, baseUrl }: { readonly kind: ProviderKind; readonly baseUrl?: string | undefined },
  { allowLocalEgress }: Pick<Settings, "allowLocalEgress">,
): void {
  if (baseUrl === undefined) {
    if (kind === "openai-compatible")
      throw invalidField("baseUrl", 'A provider of kind "openai-compatible" needs a baseUrl.');
    return;
  }
  const url = new URL(baseUrl);
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "")
    throw invalidField("baseUrl", "baseUrl must have no user, password, query or fragment.");
  const local = isLocalHost(url.hostname);
  if (local && !allowLocalEgress)
    throw new ProblemError(problem("forbidden_address", LOCAL_REFUSED, { details: [IS_LOCAL] }));
  if (url.protocol === "https:" || local) return;
  throw invalidField(
    "baseUrl",
    "baseUrl must begin with https://, so that the key is not sent in clear.",
  );
}

const LOCAL_REFUSED = "baseUrl names a local address, which this installation does not call.";
const IS_LOCAL = { field: "baseUrl", problem: LOCAL_REFUSED };

const LOCAL_NAMES = /(?:^|\.)(?:localhost|local|internal|home\.arpa)\.?$/;
/** This host, loopback, private and shared address space (RFC 1122, 1918, 6598, 3927). */
const LOCAL_V4 =
  /^(?:0|10|127)\.|^192\.168\.|^172\.(?:1[6-9]|2\d|3[01])\.|^169\.254\.|^100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\./;
/** Unspecified, loopback, unique local, link local and everything that embeds an IPv4 address. */
const LOCAL_V6 = /^\[(?:::|f[cd]|fe[89ab]|64:ff9b:|2002:|2001:0?:)/;

function isLocalHost(host: string): boolean {
  return LOCAL_NAMES.test(host) || LOCAL_V4.test(host) || LOCAL_V6.test(host);
}
