// The begin of a socket: accepting the upgrade, then the hello with its welcome, replay and what is under way.
import { viewGroup } from "@acos/group";
import { makeId, PROTOCOL_VERSION, type ConnectionClaims, type UserMember } from "@acos/protocol";

import type { OpenGroup } from "../open-group.ts";
import { claimsOf, NO_SUCH_GROUP, NOT_AN_UPGRADE, refuseUpgrade, TOKEN_USED } from "./accept.ts";
import { closeWith, sendFrame, type Connection } from "./connection.ts";
import { replay } from "./replay.ts";
import { proveByFrom } from "./socket-proofs.ts";

/** Answers an upgrade: 101 with the socket, or a Problem. Opens one socket a routing token. */
export function openSocket(
  context: Pick<DurableObjectState, "acceptWebSocket">,
  group: OpenGroup | null,
  request: Request,
): Response {
  const claims = claimsOf(request);
  if (request.headers.get("upgrade")?.toLowerCase() !== "websocket" || !claims)
    return refuseUpgrade(NOT_AN_UPGRADE);
  const member = group && userOf(group, claims);
  if (!group || !member) return refuseUpgrade(NO_SUCH_GROUP);
  const now = group.now();
  if (!group.tokens.useToken(claims, now)) return refuseUpgrade(TOKEN_USED);
  group.visited(member);
  const { 0: client, 1: server } = new WebSocketPair();
  context.acceptWebSocket(server);
  const id = makeId("connection", now, crypto.getRandomValues(new Uint8Array(10)));
  const { user, sid } = claims;
  const proveBy = proveByFrom(now);
  group.sockets.put(server, { id, user, member: member.member, state: "new", sid, proveBy });
  group.proofs.watch();
  group.warm();
  return new Response(null, { status: 101, webSocket: client, headers: protocolOf(request) });
}

/** The subprotocol to select, where the client offered ours. */
function protocolOf(request: Request): HeadersInit {
  const offered = request.headers.get("sec-websocket-protocol") ?? "";
  const ours = offered.split(",").some((name) => name.trim() === "acos.v1");
  return ours ? { "sec-websocket-protocol": "acos.v1" } : {};
}

function userOf(group: OpenGroup, { user }: ConnectionClaims): UserMember | null {
  for (const member of group.path.state.members.values())
    if (member.type === "user" && member.user === user) return member;
  return null;
}

interface Hello {
  readonly socket: WebSocket;
  readonly connection: Connection;
  readonly since: number | undefined;
}

/**
 * Answers a hello: welcome, replay, `live`, then what streams right now, and who is there.
 * All of it happens in one synchronous step: what is appended later is sent later. A second hello replays again.
 */
export function greet(group: OpenGroup, { socket, connection, since }: Hello): void {
  const { state } = group.path;
  const view = viewGroup(state);
  const member = state.members.get(connection.member);
  if (!view || !member) return closeWith(socket, NO_SUCH_GROUP);
  const { head } = state;
  const { proveBy } = connection;
  const welcome = { protocol: PROTOCOL_VERSION, head, member, group: view, proveBy };
  sendFrame(socket, { type: "welcome", ...welcome });
  replay(socket, group.log, { since, head });
  sendFrame(socket, { type: "live", head });
  for (const growing of [...group.drafts.catchUp(), ...group.outputs.catchUp()])
    sendFrame(socket, growing);
  group.sockets.put(socket, { ...connection, state: "live" });
}
