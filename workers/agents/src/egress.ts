// The one function that outgoing requests go through: model providers and HTTP tools alike.
import { problem, ProblemError } from "@acos/protocol";

import { classifyHost } from "./egress-address.ts";

/** Redirects followed in one request, as curl's and the fetch standard's spirit has it, but lower. */
const REDIRECTS_MAX = 5;
/** Ports where HTTP is served by habit; a mail or database port never is one. 11434 and 1234 are local model servers'. */
const PORTS = [80, 443, 1234, 3000, 5000, 8000, 8008, 8080, 8081, 8443, 8888, 11434];
/** A URL longer than this is refused before it is parsed (platform limit). */
const URL_MAX_CHARS = 16_384;
/** Headers that may follow a redirect to an address the caller does not trust: none of them can be a credential. */
const PLAIN_HEADERS = ["accept", "accept-language", "content-type", "user-agent"];

/** What the operator opened beyond public addresses. */
export interface EgressPolicy {
  /** Loopback and private addresses, on every port. */
  readonly local: boolean;
  /** `host` or `host:port`, exactly as a URL spells it; opens what would be refused otherwise. */
  readonly allow: readonly string[];
}

export interface EgressRequest {
  readonly method: string;
  readonly headers: Headers;
  readonly body?: string;
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
export type Fetcher = (url: string, init: RequestInit) => Promise<Response>;

/**
 * Makes the egress function of one policy. It promises that no URL whose spelling names a forbidden scheme, port or
 * address is requested, at first or by redirect. It does not resolve names: a public name whose record points to a local
 * address gets through where the runtime connects to it, so the network around the Worker must refuse that.
 */
export function createEgress(policy: EgressPolicy, fetcher: Fetcher): Egress {
  return async (url, request) => {
    const first = checkAddress(url, policy);
    const trusts = request.trusts ?? ((target: URL) => target.origin === first.origin);
    let hop: Hop = {
      url: first,
      method: request.method,
      headers: request.headers,
      body: request.body,
    };
    for (let redirects = 0; ; redirects += 1) {
      const response = await fetcher(hop.url.href, initOf(hop, request.signal));
      const location = redirectOf(response);
      if (location === undefined) return capped(response, request.maxBytes);
      await response.body?.cancel();
      if (redirects === REDIRECTS_MAX)
        throw refusal(`${first.host} redirects more than ${REDIRECTS_MAX} times`);
      hop = follow({
        hop,
        status: response.status,
        to: checkAddress(location, policy, hop.url),
        trusts,
      });
    }
  };
}

interface Hop {
  readonly url: URL;
  readonly method: string;
  readonly headers: Headers;
  readonly body: string | undefined;
}

function initOf(hop: Hop, signal: AbortSignal | undefined): RequestInit {
  const init: RequestInit = { method: hop.method, headers: hop.headers, redirect: "manual" };
  if (hop.body !== undefined) init.body = hop.body;
  if (signal) init.signal = signal;
  return init;
}

/** Parses and judges one URL. Throws ProblemError `forbidden_address`; does not say whether anything answers there. */
export function checkAddress(text: string, policy: EgressPolicy, base?: URL): URL {
  const url = text.length <= URL_MAX_CHARS ? URL.parse(text, base?.href) : null;
  if (url === null) throw refusal("the address is not a URL");
  if (url.protocol !== "http:" && url.protocol !== "https:")
    throw refusal(`the scheme ${url.protocol.slice(0, 20)} is not http or https`);
  if (url.username !== "" || url.password !== "")
    throw refusal("the address carries a user name or password");
  const port = url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
  if (policy.allow.includes(url.hostname) || policy.allow.includes(`${url.hostname}:${port}`))
    return url;
  const is = classifyHost(url.hostname);
  if (is === "local" && policy.local) return url;
  if (is !== "public")
    throw refusal(`${url.hostname.slice(0, 100)} is a local, reserved or metadata address`);
  if (!PORTS.includes(port)) throw refusal(`port ${port} is not one where HTTP is served`);
  return url;
}

function refusal(why: string): ProblemError {
  return new ProblemError(
    problem(
      "forbidden_address",
      `This request is not sent: ${why}. An operator can open an address with EGRESS_ALLOW.`,
    ),
  );
}

function redirectOf(response: Response): string | undefined {
  if (![301, 302, 303, 307, 308].includes(response.status)) return undefined;
  return response.headers.get("location") ?? undefined;
}

/** The next request of a redirect (RFC 9110, section 15.4): what becomes GET, and what may be told to another address. */
function follow(step: { hop: Hop; status: number; to: URL; trusts: (url: URL) => boolean }): Hop {
  const { hop, status, to } = step;
  const trusted = step.trusts(to);
  const becomesGet = status === 303 ? hop.method !== "HEAD" : status < 303 && hop.method === "POST";
  const method = becomesGet ? "GET" : hop.method;
  if (!trusted && method !== "GET" && method !== "HEAD")
    throw refusal(`${hop.url.host} redirects a ${method} request to another address`);
  const headers = trusted ? new Headers(hop.headers) : plainHeaders(hop.headers);
  if (becomesGet) headers.delete("content-type");
  return { url: to, method, headers, body: becomesGet ? undefined : hop.body };
}

function plainHeaders(headers: Headers): Headers {
  const plain = new Headers();
  for (const [name, value] of headers) if (PLAIN_HEADERS.includes(name)) plain.set(name, value);
  return plain;
}

/** The response, its body broken off with an error past `maxBytes`. */
function capped(response: Response, maxBytes: number | undefined): Response {
  if (response.body === null || maxBytes === undefined) return response;
  let bytes = 0;
  const counter = new TransformStream<Uint8Array, Uint8Array>({
    transform(piece, controller) {
      bytes += piece.byteLength;
      if (bytes > maxBytes)
        controller.error(new RangeError(`the answer is larger than ${maxBytes} bytes`));
      else controller.enqueue(piece);
    },
  });
  return new Response(response.body.pipeThrough(counter), response);
}
