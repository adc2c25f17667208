// /api/auth/*: better-auth's routes behind our origin rule; a sign-out takes the access token with it.
import { sha256Hex } from "@acos/trust";

import { freshId } from "../clock.ts";
import { noteSignInAnswer } from "../audit/sign-in-notes.ts";
import type { ControlPlane } from "../control-plane.ts";
import { problemOf, problemResponse, withSecurityHeaders } from "../rest/answer.ts";
import { readBodyText } from "../rest/request-body.ts";
import { clearedAccessCookie, readCookie, sessionCookieName } from "./cookies.ts";
import { requireOwnOrigin } from "./own-origin.ts";
import { asProblem } from "./sign-in-problem.ts";
import { SIGN_IN_PATH } from "./sign-in.ts";

/** Paths after which an earlier access token is of no more use to the browser. */
const ENDS_ACCESS = [
  "/sign-out",
  "/sign-in/email",
  "/sign-up/email",
  "/revoke-sessions",
  "/change-password",
];

/** Answers a request of the sign-in surface. Never throws. */
export async function serveSignIn(plane: ControlPlane, request: Request): Promise<Response> {
  const requestId = freshId(plane.clock, "request");
  try {
    if (request.method !== "GET") requireOwnOrigin(request, plane.settings.publicOrigins);
    await forgetCaller(plane, request);
    const sent = await readBodyText(request);
    const answer = await plane.signIn.handler(withBody(request, sent));
    const path = new URL(request.url).pathname.slice(SIGN_IN_PATH.length);
    await noteSignInAnswer(plane, { path, request, sent, answer });
    return finish(plane, path, await asProblem(answer, requestId));
  } catch (error) {
    return problemResponse(problemOf(error, requestId), requestId);
  }
}

/** The same request with its body as it was read within the limit: the library behind reads without one. */
function withBody(request: Request, text: string): Request {
  const { url, method, headers } = request;
  return new Request(url, { method, headers, ...(text !== "" && { body: text }) });
}

/** Sign-out ends what this isolate remembers even when the database could not be reached in time. */
async function forgetCaller(plane: ControlPlane, request: Request): Promise<void> {
  const session = readCookie(request, sessionCookieName(plane.settings.secure));
  if (session === undefined || !request.url.endsWith("/sign-out")) return;
  const known = plane.access.get(await sha256Hex(session), plane.clock.now());
  if (known) plane.access.forget(known.user, plane.clock.now());
}

function finish(plane: ControlPlane, path: string, answer: Response): Response {
  const response = new Response(answer.body, answer);
  withSecurityHeaders(response.headers);
  if (ENDS_ACCESS.includes(path))
    response.headers.append("set-cookie", clearedAccessCookie(plane.settings.secure));
  return response;
}
