// /api/auth/*: better-auth's routes behind our origin rule; a sign-out takes the access token with it.
import { problem, ProblemError } from "@acos/protocol";
import { sha256Hex } from "@acos/trust";

import { freshId } from "../clock.ts";
import { noteSignInAnswer } from "../audit/sign-in-notes.ts";
import type { ControlPlane } from "../control-plane.ts";
import { problemOf, problemResponse, withSecurityHeaders } from "../rest/answer.ts";
import { readBodyText } from "../rest/request-body.ts";
import { clearedAccessCookie, readCookie, sessionCookieName } from "./cookies.ts";
import { isOpenRoute } from "./open-routes.ts";
import { requireOwnOrigin } from "./own-origin.ts";
import { asProblem } from "./sign-in-problem.ts";
import { SIGN_IN_PATH } from "./sign-in.ts";

const SIGN_UP = "/sign-up/email";
const SIGN_IN = "/sign-in/email";
/** Where a password can be guessed; the second takes a session, which may be stolen. */
const CHECKS_PASSWORD: readonly string[] = [SIGN_IN, "/change-password"];

/** Paths after which an earlier access token is of no more use to the browser. */
const ENDS_ACCESS = ["/sign-out", SIGN_IN, SIGN_UP, "/revoke-sessions", "/change-password"];

/** Answers a request of the sign-in surface. Never throws. */
export async function serveSignIn(plane: ControlPlane, request: Request): Promise<Response> {
  const requestId = freshId(plane.clock, "request");
  try {
    const path = new URL(request.url).pathname.slice(SIGN_IN_PATH.length);
    await countCaller(plane, request, path);
    if (!isOpenRoute(request.method, path)) throw notOpen();
    if (request.method !== "GET") requireOwnOrigin(request, plane.settings.publicOrigins);
    await forgetCaller(plane, request);
    const sent = await readBodyText(request);
    const answer = await plane.signIn.handler(withBody(request, sent));
    if (CHECKS_PASSWORD.includes(path) && answer.status >= 400)
      plane.limits.noteWrongPassword(request);
    await noteSignInAnswer(plane, { path, request, sent, answer });
    return finish(plane, path, await asProblem(answer, requestId));
  } catch (error) {
    return problemResponse(problemOf(error, requestId), requestId);
  }
}

function notOpen(): ProblemError {
  return new ProblemError(
    problem("not_found", "There is nothing at this address under /api/auth."),
  );
}

/** Counts a request: by address always, without a session cookie more strictly, and by user where one is known here. */
async function countCaller(plane: ControlPlane, request: Request, path: string): Promise<void> {
  const { limits } = plane;
  limits.countRequest(request);
  if (path === SIGN_UP) limits.countSignUp(request);
  if (CHECKS_PASSWORD.includes(path)) limits.requireFewWrongPasswords(request);
  const session = readCookie(request, sessionCookieName(plane.settings.secure));
  if (session === undefined) return limits.countUnproven(request);
  const known = plane.access.get(await sha256Hex(session), plane.clock.now());
  if (known) limits.countUser(known.user);
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
