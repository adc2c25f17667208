// GET /ws/groups/{id}, and a terminal's socket below it: the routing token is checked by CPU alone, then the upgrade goes to the group without it.
//
//   form of the path ─▶ upgrade? ─▶ Origin ─▶ token (signature, audience, time) ─▶ object: jti unused? member still? ─▶ 101
import {
  CONNECTION_HEADER,
  GROUP_ORIGIN,
  problem,
  ProblemError,
  type ConnectionClaims,
  type GroupId,
} from "@acos/protocol";
import { toBase64url, TrustError, verifyRoutingToken, type RoutingToken } from "@acos/trust";

import { noteSocket, noteSocketRefusal } from "./audit/socket-notes.ts";
import { freshId } from "./clock.ts";
import type { ControlPlane } from "./control-plane.ts";
import { groupStub } from "./group-calls.ts";
import { logError } from "./log.ts";
import { problemOf, problemResponse, withSecurityHeaders } from "./rest/answer.ts";
import { SOCKET_PATH, socketPlaceOf, type SocketPlace } from "./socket-path.ts";

/** The subprotocol we speak; browsers demand that one they offered is chosen. */
const SUBPROTOCOL = "acos.v1";
const TOKEN_SUBPROTOCOL = "acos.token.";

/** Answers a handshake: 101 from the group, or a Problem. Never throws, never logs the token. */
export async function serveSocket(plane: ControlPlane, request: Request): Promise<Response> {
  const requestId = freshId(plane.clock, "request");
  try {
    return await openSocket(plane, request);
  } catch (error) {
    const refusal = problemOf(error, requestId);
    const [group = ""] = new URL(request.url).pathname.slice(SOCKET_PATH.length).split("/");
    noteSocketRefusal(plane, group, refusal.code);
    return problemResponse(refusal, requestId);
  }
}

async function openSocket(plane: ControlPlane, request: Request): Promise<Response> {
  plane.limits.countRequest(request);
  const url = new URL(request.url);
  const place = socketPlaceOf(url.pathname);
  const { group } = place;
  if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") throw notAnUpgrade();
  requireKnownOrigin(request, plane.settings.publicOrigins);
  const offered = subprotocolsOf(request);
  const token = tokenOf(url, offered);
  const verified = await proveToken(plane, request, { token, group });
  plane.limits.countUser(verified.user);
  plane.limits.countOrg(verified.org);
  const answer = await passOn(plane, verified, place);
  noteSocket(plane, { ...verified, place }, answer.status);
  if (answer.webSocket === null) return withOurHeaders(answer);
  const headers = new Headers();
  if (offered.includes(SUBPROTOCOL)) headers.set("sec-websocket-protocol", SUBPROTOCOL);
  return new Response(null, { status: 101, webSocket: answer.webSocket, headers });
}

/** A refusal of the group's, as ours look. */
function withOurHeaders(answer: Response): Response {
  return new Response(answer.body, {
    status: answer.status,
    headers: withSecurityHeaders(new Headers(answer.headers)),
  });
}

async function proveToken(
  plane: ControlPlane,
  request: Request,
  { token, group }: { readonly token: string; readonly group: GroupId },
): Promise<RoutingToken> {
  try {
    const at = { group, nowMs: plane.clock.now() };
    return await verifyRoutingToken(token, plane.keys.ring, at);
  } catch (error) {
    if (error instanceof TrustError) plane.limits.countUnproven(request);
    throw error;
  }
}

function notAnUpgrade(): ProblemError {
  const words = "This address opens a WebSocket: send an upgrade request (Upgrade: websocket).";
  return new ProblemError(problem("upgrade_required", words));
}

/** A browser always names its origin; programs need not. */
function requireKnownOrigin(request: Request, origins: readonly string[]): void {
  const origin = request.headers.get("origin");
  if (origin === null || origins.includes(origin)) return;
  const words =
    "Sockets are not opened from other websites. If this is your own page, the operator has to add its origin to PUBLIC_ORIGINS.";
  throw new ProblemError(problem("forbidden_origin", words));
}

function subprotocolsOf(request: Request): readonly string[] {
  const header = request.headers.get("sec-websocket-protocol") ?? "";
  return header.split(",").map((name) => name.trim());
}

function tokenOf(url: URL, offered: readonly string[]): string {
  const inProtocol = offered.find((name) => name.startsWith(TOKEN_SUBPROTOCOL));
  const token = inProtocol?.slice(TOKEN_SUBPROTOCOL.length) ?? url.searchParams.get("token");
  if (token) return token;
  const words =
    "A socket needs a routing token: ask for one with POST /api/v1/groups/{id}/token and send it as ?token=.";
  throw new ProblemError(problem("invalid_token", words));
}

/** The group gets the claims and nothing that the client sent: no token, no cookie, no header of the client's choosing. */
async function passOn(
  plane: ControlPlane,
  verified: RoutingToken,
  { inside }: SocketPlace,
): Promise<Response> {
  const { user, name, jti, sid, group, expiresAtMs } = verified;
  const claims: ConnectionClaims = { user, name, jti, sid, exp: expiresAtMs / 1000 };
  const claimed = toBase64url(new TextEncoder().encode(JSON.stringify(claims)));
  const headers = { upgrade: "websocket", connection: "upgrade", [CONNECTION_HEADER]: claimed };
  try {
    return await groupStub(plane.groups, group).fetch(`${GROUP_ORIGIN}${inside}`, { headers });
  } catch (error) {
    logError("a group did not take a socket", error, { group });
    const words = "The group did not answer. Ask for a new token and connect again in a moment.";
    throw new ProblemError(problem("unavailable", words, { retryAfterMs: 1000 }));
  }
}
