// Who asks, on the way from the Worker to a sandbox's object: the Worker has proven it, and only the Worker reaches the object.
import { isId, type GroupId, type OrgId } from "@acos/protocol";

export interface Asker {
  readonly org: OrgId;
  readonly group: GroupId;
  /** Undefined = the certificate does not say. */
  readonly maxSandboxes: number | undefined;
}

export const ASKER_HEADER = "acos-asker";

export function askerHeader({ org, group, maxSandboxes }: Asker): string {
  return JSON.stringify({ org, group, maxSandboxes });
}

/** Throws Error for what the Worker would never write. */
export function readAsker(headers: Headers): Asker {
  const { org, group, maxSandboxes } = JSON.parse(headers.get(ASKER_HEADER) ?? "{}") as Asker;
  if (!isId("org", org) || !isId("group", group)) throw new Error("a request without its asker");
  return { org, group, maxSandboxes };
}
