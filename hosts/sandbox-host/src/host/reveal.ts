// Secrets for connections out: asked of the Orchestrator for one group at the moment they are needed, never kept here.
import type { HostConfig } from "./config.ts";
import type { EgressRim } from "../egress/egress-door.ts";
import type { Owner } from "./running.ts";

const DEADLINE_MS = 10_000;

/** A function that asks for the value of one secret of this group's org. It rejects when that cannot be asked for. */
export function revealer(where: HostConfig["reveal"], { org, group }: Owner): EgressRim["reveal"] {
  return async (name) => {
    if (where === null) return null;
    const response = await fetch(where.url, {
      method: "POST",
      headers: { "content-type": "application/json", "acos-inner-secret": where.secret },
      body: JSON.stringify({ org, group, name }),
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
    if (response.status === 404) return null;
    if (!response.ok) throw new Error(`secrets answered ${response.status}`);
    const { value, hosts } = (await response.json()) as { value: unknown; hosts: unknown };
    if (typeof value !== "string" || !Array.isArray(hosts))
      throw new Error("no secret was answered");
    return { value, hosts: hosts.map(String) };
  };
}
