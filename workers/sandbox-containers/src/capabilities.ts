// What a container is and is not, as the host says it of itself: known from the platform's description, not tried out.
import {
  problem,
  ProblemError,
  type SandboxCapabilities,
  type SandboxEgress,
} from "@acos/protocol";

export const CAPABILITIES: SandboxCapabilities = {
  driver: "container",
  isolation: "vm",
  limits: { memory: "none", cpu: "none", pids: "none", disk: "none" },
  ownUid: true,
  seccomp: false,
  terminals: true,
  checkpoints: true,
  egress: false,
  notes: [
    "Memory, processors and disk are those of the instance type in wrangler.jsonc, whatever limits a group sets.",
    "There is no way out of a container: a group's list of allowed hosts is refused here, since it could not be held.",
    "A container has no lasting disk: a sandbox that was stopped begins empty and needs its snapshot.",
    "A sandbox counts as idle without calls and output; a process that works in silence does not keep it.",
    "These are the platform's own words. Nothing of it was tried out at the start.",
  ],
};

/**
 * Throws ProblemError for a policy that this platform could not hold to. The platform can close the way out whole; to let named
 * hosts through it would have to hand every connection to a Worker, and none here judges them.
 */
export function requireNoWayOut({ hosts, registries, secrets }: SandboxEgress): void {
  if (hosts.length === 0 && !registries && secrets.length === 0) return;
  throw new ProblemError(
    problem(
      "invalid_request",
      "Sandboxes of this installation are containers without any way out, and a list of allowed hosts cannot be held there. " +
        "Empty the group's policy sandboxes.egress (hosts, registries, secrets), or use an installation with its own Sandbox Host.",
    ),
  );
}
