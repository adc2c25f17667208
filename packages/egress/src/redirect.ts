// What a redirect asks for next (RFC 9110, section 15.4), and what may be told to another address.
import type { Network } from "./network.ts";

/** Headers that may follow a redirect to an address the caller does not trust: none of them can be a credential. */
const PLAIN_HEADERS = ["accept", "accept-language", "content-type", "user-agent"];
const REDIRECTS = [301, 302, 303, 307, 308];

/** One request on the way. */
export interface Hop {
  readonly url: URL;
  readonly network: Network;
  readonly method: string;
  readonly headers: Headers;
  readonly body: string | undefined;
}

/** Where a redirect leads, once that is judged. */
export interface Target extends Pick<Hop, "url" | "network"> {
  readonly trusted: boolean;
}

/** Where a response sends its reader by status and header; a page that asks for it in its text is just a page. */
export function locationOf(response: Response): string | undefined {
  if (!REDIRECTS.includes(response.status)) return undefined;
  return response.headers.get("location") ?? undefined;
}

/**
 * The next request of a redirect, or undefined where it would do something at an address that is not trusted. Does not
 * judge the address.
 */
export function follow(hop: Hop, status: number, to: Target): Hop | undefined {
  const becomesGet = status === 303 ? hop.method !== "HEAD" : status < 303 && hop.method === "POST";
  const method = becomesGet ? "GET" : hop.method;
  if (!to.trusted && method !== "GET" && method !== "HEAD") return undefined;
  const headers = to.trusted ? new Headers(hop.headers) : plainHeaders(hop.headers);
  if (becomesGet) headers.delete("content-type");
  const body = becomesGet ? undefined : hop.body;
  return { url: to.url, network: to.network, method, headers, body };
}

function plainHeaders(headers: Headers): Headers {
  const plain = new Headers();
  for (const [name, value] of headers) if (PLAIN_HEADERS.includes(name)) plain.set(name, value);
  return plain;
}
