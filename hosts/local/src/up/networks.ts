// The ways out of the agents Worker, held to their lists by the runtime; every Worker's own fetch leads to a closed door.
import { readFileSync } from "node:fs";

import { closedBlocks, type Network } from "@acos/egress";
import type { V4WorkerOptions } from "miniflare";

import type { Environment } from "./flags.ts";
import { COMPATIBILITY } from "./runtime-options.ts";

const CLOSED_DOOR = "closed-door";

/** A Worker's global fetch and sockets lead to the closed door; its bindings are its only ways out. */
export const NO_WAY_OUT = { outboundService: CLOSED_DOOR };

/**
 * The simulator has an entry of its own on a loopback port that believes what callers say of themselves; it leads here,
 * and so does every request that a Worker sends past its bindings.
 */
export function closedDoor(): V4WorkerOptions {
  const script = "export default { fetch: () => new Response(null, { status: 404 }) }";
  return { name: CLOSED_DOOR, ...COMPATIBILITY, modules: true, script };
}

/**
 * The bindings of the three networks. The runtime looks at the address that a name resolved to, at the moment it connects,
 * so that no name, whatever its records say and however often they change, leads where its network is closed.
 */
export function networks(environment: Environment) {
  const tlsOptions = {
    trustBrowserCas: true,
    trustedCertificates: certificatesIn(environment["NODE_EXTRA_CA_CERTS"]),
  };
  const network = (name: Network, ...allow: string[]) => ({
    network: { allow, deny: [...closedBlocks(name)], tlsOptions },
  });
  return {
    PUBLIC_NETWORK: network("public", "public"),
    LOCAL_NETWORK: network("local", "private", "local"),
    LISTED_NETWORK: network("listed", "public", "private", "local"),
  };
}

/** What the operator has Node trust beside the browsers' authorities, such as a company's own. */
function certificatesIn(file: string | undefined): string[] {
  if (file === undefined || file === "") return [];
  try {
    const text = readFileSync(file, "utf8");
    return text.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  } catch {
    // Node has said by itself that it cannot read the file, and goes on without it.
    return [];
  }
}
