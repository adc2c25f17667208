// Where sockets open: a group's own, and a terminal's in one of its sandboxes.
import { isId, processIdSchema, type GroupId, type SandboxId } from "@acos/protocol";

import { accessGroup, notFound } from "./store/access.ts";

export const SOCKET_PATH = "/ws/groups/";

export interface SocketPlace {
  readonly group: GroupId;
  /** The path that the group's object is asked for. */
  readonly inside: string;
  /** The sandbox whose terminal it is; absent for the group's own socket. */
  readonly sandbox?: SandboxId;
}

const TERMINAL = /^([^/]+)\/sandboxes\/([^/]+)\/terminals\/([^/]+)$/;

/** The place that a path names, by its form alone. Throws `not_found` where it names none. */
export function socketPlaceOf(pathname: string): SocketPlace {
  const below = pathname.slice(SOCKET_PATH.length);
  const [, id = below, sandbox, terminal] = TERMINAL.exec(below) ?? [];
  const group = accessGroup(id);
  if (sandbox === undefined) return { group, inside: `${SOCKET_PATH}${group}` };
  const isTerminal = processIdSchema.safeParse(terminal).success;
  if (!isId("sandbox", sandbox) || !isTerminal) throw notFound("terminal");
  return { group, sandbox, inside: `/sandboxes/${sandbox}/terminals/${terminal}` };
}
