// Headers on their way through: those of one connection stay behind, those of the policy replace the sandbox's own.
import type { IncomingMessage } from "node:http";

import { hostHeader, type Asked } from "./asked.ts";
import { connectionTokens } from "./strict-head.ts";

/** Headers of one connection (RFC 9110, section 7.6.1), and those that are written anew. */
const HOP_BY_HOP = [
  "connection",
  "keep-alive",
  "proxy-connection",
  "proxy-authorization",
  "proxy-authenticate",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];
/** Methods whose missing body has to be said. */
const WITH_BODY = ["POST", "PUT", "PATCH"];

type Pairs = readonly (readonly [name: string, value: string])[];

/** Names and values in turn, as Node takes them; the framing is that which the request came with. */
export function outgoingHeaders(
  request: IncomingMessage,
  asked: Asked,
  filled: ReadonlyMap<string, string>,
): string[] {
  const isOurs = (name: string) =>
    ["host", "content-length", "expect"].includes(name) || filled.has(name);
  const kept = endToEnd(pairsOf(request)).filter(([name]) => !isOurs(name.toLowerCase()));
  return [...kept, ["host", hostHeader(asked)] as const, ...framing(request), ...filled].flat();
}

/** Headers of an answer that go on to the sandbox. */
export function incomingHeaders(response: IncomingMessage): string[] {
  const kept = endToEnd(pairsOf(response));
  return kept.filter(([name]) => name.toLowerCase() !== "x-acos-egress").flat();
}

function endToEnd(pairs: Pairs): Pairs {
  const dropped = [...HOP_BY_HOP, ...connectionTokens(pairs)];
  return pairs.filter(([name]) => !dropped.includes(name.toLowerCase()));
}

function framing({ headers, method = "" }: IncomingMessage): Pairs {
  const length = headers["content-length"];
  if (length !== undefined) return [["content-length", length]];
  if (headers["transfer-encoding"] !== undefined) return [["transfer-encoding", "chunked"]];
  return WITH_BODY.includes(method) ? [["content-length", "0"]] : [];
}

function pairsOf({ rawHeaders }: IncomingMessage): Pairs {
  return Array.from({ length: rawHeaders.length / 2 }, (_, index) => [
    rawHeaders[2 * index] ?? "",
    rawHeaders[2 * index + 1] ?? "",
  ]);
}
