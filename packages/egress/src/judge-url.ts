// Whether a URL may be called at all, and through which network: asked when it is entered, and again at every call and hop.
import type { AddressClass } from "./address-table.ts";
import { classifyHost } from "./host-class.ts";
import type { Network } from "./network.ts";

/** Ports where HTTP is served by habit; a mail or database port never is one. 11434 and 1234 are local model servers'. */
const PORTS = [80, 443, 1234, 3000, 5000, 8000, 8008, 8080, 8081, 8443, 8888, 11434];
/** A URL longer than this is refused before it is parsed (platform limit). */
const URL_MAX_CHARS = 16_384;
/** Of a refused URL, this much is quoted. */
const QUOTED_MAX_CHARS = 100;

/** What the operator opened beyond public addresses. */
export interface EgressPolicy {
  /** Loopback and private addresses, on every port. */
  readonly local: boolean;
  /** `host` or `host:port`, exactly as a URL spells it; opens what would be refused otherwise, but no metadata service. */
  readonly allow: readonly string[];
}

/** Where the URL leads, and why it is not called; `why` reads on after "because", and names the operator's list where that would help. */
export type Judgement =
  | { readonly ok: true; readonly url: URL; readonly network: Network; readonly is: AddressClass }
  | { readonly ok: false; readonly why: string };

/** Reads the operator's comma list of `host` and `host:port`. Does not check that the entries are hosts. */
export function parseAllowList(text: string | undefined): readonly string[] {
  const items = (text ?? "").split(",").map((item) => item.trim().toLowerCase());
  return items.filter((item) => item !== "");
}

/**
 * Parses and judges one URL, by its spelling alone. Use the `url` that it answers and no other reading of the text. Does
 * not resolve the name: that a public one leads to a local address only the runtime sees, so call through `network`.
 */
export function judgeUrl(text: string, policy: EgressPolicy, base?: URL): Judgement {
  // oxlint-disable-next-line no-control-regex -- parsers drop or keep control characters as they please
  if (text.length > URL_MAX_CHARS || /[\u0000-\u001f\u007f]/.test(text))
    return refused("the address is too long or holds control characters");
  const url = URL.parse(text, base?.href);
  if (url === null) return refused("the address is not a URL");
  if (url.protocol !== "http:" && url.protocol !== "https:")
    return refused(`the scheme ${url.protocol.slice(0, 20)} is not http or https`);
  if (url.username !== "" || url.password !== "")
    return refused("the address carries a user name or password");
  return judgeHost(url, policy);
}

function judgeHost(url: URL, policy: EgressPolicy): Judgement {
  const { hostname } = url;
  const is = classifyHost(hostname);
  const port = portOf(url);
  const isListed = policy.allow.includes(hostname) || policy.allow.includes(`${hostname}:${port}`);
  if (isListed && is !== "metadata") return { ok: true, url, network: "listed", is };
  if (is === "local" && policy.local) return { ok: true, url, network: "local", is };
  const quoted = hostname.slice(0, QUOTED_MAX_CHARS);
  if (is === "metadata") return refused(`${quoted} is a metadata address, which nothing opens`);
  if (is !== "public")
    return refused(`${quoted} is a ${is} address that EGRESS_ALLOW does not open`);
  if (!PORTS.includes(port))
    return refused(`port ${port} is not one where HTTP is served, nor opened by EGRESS_ALLOW`);
  return { ok: true, url, network: "public", is };
}

function portOf({ port, protocol }: URL): number {
  if (port !== "") return Number(port);
  return protocol === "https:" ? 443 : 80;
}

function refused(why: string): Judgement {
  return { ok: false, why };
}
