// Whether a target may be connected to, and where: by the spelling of its host, and by every address behind it.
import { judgeUrl, type Network } from "@acos/egress";

import { closedAddress } from "./denial.ts";
import { isAddress, type Target } from "./target.ts";

/**
 * Through which network a target is reached. Throws Denial where its spelling alone forbids it. The port is not judged: the
 * allow-list has named it.
 */
export function networkOf(target: Target, allow: readonly string[]): Network {
  const { host, port } = target;
  const isListed = allow.includes(host) || allow.includes(`${host}:${port}`);
  const judged = judgeUrl(`http://${host}/`, { local: false, allow: isListed ? [host] : [] });
  if (judged.ok) return judged.network;
  throw closedAddress(target, `it is a ${classOf(host)} address`);
}

export interface Found {
  readonly network: Network;
  readonly addresses: readonly string[];
  /** Addresses of this machine. */
  readonly own: readonly string[];
}

/**
 * The addresses to connect to, as they were found. Throws Denial when one of them is closed: a name that leads to both
 * kinds is a trick.
 */
export function openAddresses(target: Target, { network, addresses, own }: Found) {
  for (const address of addresses) {
    const host = hostOf(address);
    const allow = network === "listed" && host !== undefined ? [host] : [];
    const judged = judgeUrl(`http://${host ?? ""}/`, { local: false, allow });
    if (!judged.ok) throw closedAddress(target, `its name leads to a ${classOf(host)} address`);
    if (network === "public" && own.some((one) => hostOf(one) === host))
      throw closedAddress(target, "its name leads to this machine");
  }
  return addresses;
}

/** The address that a host spells, for a host that is one. */
export function literalAddress(host: string): string | undefined {
  if (!isAddress(host)) return undefined;
  return host.startsWith("[") ? host.slice(1, -1) : host;
}

/** An address as the host of a URL, in the URL's own spelling; undefined for what is none, such as one with a zone. */
function hostOf(address: string): string | undefined {
  return URL.parse(`http://${address.includes(":") ? `[${address}]` : address}/`)?.hostname;
}

function classOf(host: string | undefined): string {
  if (host === undefined) return "malformed";
  const judged = judgeUrl(`http://${host}/`, { local: false, allow: [host] });
  return judged.ok ? judged.is : "metadata";
}
