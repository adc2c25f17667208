// The one function that outgoing requests go through: model providers and HTTP tools alike.
import { problem, ProblemError } from "@acos/protocol";

import { bodyUpTo } from "./body-cap.ts";
import { judgeUrl, type EgressPolicy } from "./judge-url.ts";
import type { Network } from "./network.ts";
import { follow, locationOf, type Hop, type Target } from "./redirect.ts";

/** Redirects followed in one request, as curl's and the fetch standard's spirit has it, but lower. */
const REDIRECTS_MAX = 5;

export interface EgressRequest {
  readonly method: string;
  readonly headers: Headers;
  readonly body?: string;
  /** Ends the request and the reading of its answer; the only limit on time, so every caller gives one. */
  readonly signal?: AbortSignal;
  /** Bytes of body after which the answer breaks off with an error; absent where the caller reads piece by piece and stops. */
  readonly maxBytes?: number;
  /**
   * Contract: true where headers and body may go along with a redirect. Without it: the same origin.
   * Elsewhere only plain headers follow, and a request with a body or an effect is not sent again.
   */
  readonly trusts?: (url: URL) => boolean;
}

export type Egress = (url: string, request: EgressRequest) => Promise<Response>;

/** Makes one request. Contract: follows no redirect, and connects only to what `network` may lead to. */
export type Fetcher = (url: string, init: RequestInit, network: Network) => Promise<Response>;

/** Nothing answered. Its message is ours and safe to show; what the runtime said names addresses and its own files. */
export class UnreachableError extends Error {
  override readonly name = "UnreachableError";
}

/**
 * Makes the egress function of one policy. It promises that no URL whose spelling names a forbidden scheme, port or
 * address is requested, at first or by redirect, and that each request goes through the network its URL was judged for.
 * It does not resolve names: where the runtime has one network for all, a public name may lead to a local address.
 * Throws ProblemError `forbidden_address` for a refused URL and UnreachableError where nothing answers.
 */
export function createEgress(policy: EgressPolicy, fetcher: Fetcher): Egress {
  return async (url, request) => {
    const first = requireOpen(url, policy);
    const trusts = request.trusts ?? ((target: URL) => target.origin === first.url.origin);
    let hop: Hop = { ...first, ...contentOf(request) };
    for (let redirects = 0; ; redirects += 1) {
      const response = await send(fetcher, hop, request.signal);
      const location = locationOf(response);
      if (location === undefined) return bodyUpTo(response, request.maxBytes);
      await response.body?.cancel();
      if (redirects === REDIRECTS_MAX)
        throw refusal(`${first.url.host} redirects more than ${REDIRECTS_MAX} times`);
      const to = requireOpen(location, policy, hop.url);
      hop = nextHop(hop, response.status, { ...to, trusted: trusts(to.url) });
    }
  };
}

/** Throws ProblemError for a step that no policy allows. */
function nextHop(hop: Hop, status: number, to: Target): Hop {
  const { host } = hop.url;
  // What lives outside has no business inside, though the operator let members name local addresses themselves.
  if (to.network === "local" && hop.network !== "local")
    throw refusal(`${host} redirects to a local address that EGRESS_ALLOW does not open`);
  const next = follow(hop, status, to);
  if (next === undefined)
    throw refusal(`${host} redirects a ${hop.method} request to another address`);
  return next;
}

/** The host that is asked for is the URL's: a header that names another one would reach past the judgement. */
function contentOf({
  method,
  headers,
  body,
}: EgressRequest): Pick<Hop, "method" | "headers" | "body"> {
  const sent = new Headers(headers);
  sent.delete("host");
  return { method, headers: sent, body };
}

async function send(
  fetcher: Fetcher,
  { url, network, method, headers, body }: Hop,
  signal: AbortSignal | undefined,
): Promise<Response> {
  const init: RequestInit = { method, headers, redirect: "manual" };
  if (body !== undefined) init.body = body;
  if (signal) init.signal = signal;
  try {
    return await fetcher(url.href, init, network);
  } catch (error) {
    if (signal?.aborted) throw error;
    const local = network === "public" ? ", or its name leads to an address that is closed" : "";
    throw new UnreachableError(`${url.host} could not be reached${local}`);
  }
}

function requireOpen(text: string, policy: EgressPolicy, base?: URL): Pick<Hop, "url" | "network"> {
  const judgement = judgeUrl(text, policy, base);
  if (!judgement.ok) throw refusal(judgement.why);
  return { url: judgement.url, network: judgement.network };
}

function refusal(why: string): ProblemError {
  return new ProblemError(problem("forbidden_address", `This request is not sent: ${why}.`));
}
