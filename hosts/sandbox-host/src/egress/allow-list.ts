// Whether a group's policy lists a target, and by which entry.
import { REGISTRY_HOSTS, type SandboxEgress } from "@acos/protocol";

import { canonicalHost, isAddress, type Target } from "./target.ts";

/** Open for an entry that names no port. */
const PORTS = [443, 80];
const ENTRY = /^(\*\.)?(\[[^\]]+\]|[^:]+)(?::(\d+))?$/;

/** The entry of the allow-list that opens a target; undefined where none does. */
export function entryFor(policy: SandboxEgress, target: Target): string | undefined {
  const listed = policy.hosts.find((entry) => covers(entry, target));
  if (listed !== undefined || !policy.registries) return listed;
  return REGISTRY_HOSTS.find((entry) => covers(entry, target));
}

/** Whether an entry means the target: the host, or every host below `*.`, never an address; its port, or 443 and 80. */
export function covers(entry: string, { host, port }: Target): boolean {
  const [, star, name = "", own] = ENTRY.exec(entry.toLowerCase()) ?? [];
  const isPort = own === undefined ? PORTS.includes(port) : Number(own) === port;
  if (!isPort || name === "") return false;
  return star === undefined
    ? canonical(name) === host
    : !isAddress(host) && host.endsWith(`.${name}`);
}

function canonical(name: string): string | undefined {
  try {
    return canonicalHost(name);
  } catch {
    return undefined; // An entry that no target can be spelled like opens nothing.
  }
}
