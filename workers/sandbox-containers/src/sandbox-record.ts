// What a sandbox's object remembers when it is put to sleep: whose it is, and which start of its container runs.
import type { GroupId, OrgId, SandboxStatus } from "@acos/protocol";

import type { Storage } from "./container-port.ts";

export interface SandboxRecord {
  readonly org: OrgId;
  readonly group: GroupId;
  /** The start that runs; undefined where none does. */
  readonly start?: { readonly epoch: string; readonly bearer: string } | undefined;
  /** Why the last start ended. */
  readonly ended?: SandboxStatus["ended"];
}

const KEY = "sandbox";

/** Only this file writes under that key. */
export async function readRecord(storage: Storage): Promise<SandboxRecord | undefined> {
  return (await storage.get(KEY)) as SandboxRecord | undefined;
}

export function writeRecord(storage: Storage, record: SandboxRecord): Promise<void> {
  return storage.put(KEY, record);
}
