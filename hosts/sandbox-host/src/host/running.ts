// A sandbox that runs: its agent, its door, and what is known of its use.
import { randomInt } from "node:crypto";
import { chmodSync } from "node:fs";
import { join } from "node:path";

import type { GroupId, OrgId, SandboxEgress, SandboxId } from "@acos/protocol";

import { Activity } from "./activity.ts";
import type { EgressDoor, EgressRim, OpenEgress } from "../egress/egress-door.ts";
import { writeAuthorities, type Launched } from "./launch.ts";

export interface Owner {
  readonly org: OrgId;
  readonly group: GroupId;
}

export interface Running extends Launched {
  readonly sandbox: SandboxId;
  readonly owner: Owner;
  readonly epoch: string;
  readonly startedMs: number;
  readonly door: EgressDoor;
  readonly activity: Activity;
}

export interface DoorAsk {
  readonly open: OpenEgress;
  readonly rim: EgressRim;
  readonly policy: SandboxEgress;
  readonly sandbox: SandboxId;
  readonly owner: Owner;
}

/** Opens a sandbox's door in its folder, where only the sandbox can reach it, and writes down whom to believe. */
export async function openDoor(folder: string, ask: DoorAsk): Promise<EgressDoor> {
  const { open, rim, policy, sandbox, owner } = ask;
  const socketPath = join(folder, "egress.sock");
  const door = await open({ socketPath, policy, identity: { ...owner, sandbox }, rim });
  chmodSync(socketPath, 0o666);
  writeAuthorities(folder, door.caPem);
  return door;
}

/** Names a start; nobody has to be kept from guessing it. */
function newEpoch(): string {
  return Array.from({ length: 16 }, () => randomInt(36).toString(36)).join("");
}

export function startedRunning(
  launched: Launched,
  { sandbox, owner }: Pick<DoorAsk, "sandbox" | "owner">,
  door: EgressDoor,
  nowMs: number,
): Running {
  const activity = new Activity(nowMs);
  return { ...launched, sandbox, owner, epoch: newEpoch(), startedMs: nowMs, door, activity };
}
