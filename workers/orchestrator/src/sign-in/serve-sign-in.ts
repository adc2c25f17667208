// /api/auth/*: better-auth's routes behind our origin rule; a sign-out takes the access token with it.
import { problem, ProblemError } from "@acos/protocol";
import { sha256Hex } from "@acos/trust";

import { freshId } from "../clock.ts";
import { noteSignInAnswer } from "../audit/sign-in-notes.ts";
import type { ControlPlane } from "../control-plane.ts";
import { problemOf, problemResponse, withSecurityHeaders } from "../rest/answer.ts";
import { readBodyText } from "../rest/request-body.ts";
import { checksPassword, saysWrong } from "./checked-passwords.ts";
import { clearedAccessCookie, readCookie, sessionCookieName } from "./cookies.ts";
import { isOpenRoute } from "./open-routes.ts";
import { requireOwnOrigin } from "./own-origin.ts";
import { sessionTokenOf } from "./session-name.ts";
import { asProblem } from "./sign-in-problem.ts";
import { SIGN_IN_PATH } from "./sign-in.ts";

const SIGN_UP = "/sign-up/email";
const SIGN_IN = "/sign-in/email";

/** Paths after which an earlier access token is of no more use to the browser: its session may have ended, or its name is old. */
const ENDS_ACCESS = [
  "/sign-out",
  SIGN_IN,
  SIGN_UP,
  "/revoke-sessions",
  "/change-password",
  "/update-user",
];

/** Answers a request of the sign-in surface. Never throws. */
export async function serveSignIn(plane: ControlPlane, request: Request): Promise<Response> {
  const requestId = freshId(plane.clock, "request");
  try {
    const path = new URL(request.url).pathname.slice(SIGN_IN_PATH.length);
    await countCaller(plane, request);
    if (!isOpenRoute(request.method, path)) throw notOpen();
    if (request.method !== "GET") requireOwnOrigin(request, plane.settings.publicOrigins);
    // Not before: a page of another website could use up what its visitor has.
    if (path === SIGN_UP) plane.limits.countSignUp(request);
    await forgetCaller(plane, request);
    const sent = await readBodyText(request);
    const answer = await answerOf(plane, path, withBody(request, sent));
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

/** Counts a request: by address always, without a session that was signed here more strictly, and by user where one is known. */
async function countCaller(plane: ControlPlane, request: Request): Promise<void> {
  const { limits, settings } = plane;
  limits.countRequest(request);
  const session = readCookie(request, sessionCookieName(settings.secure)) ?? "";
  const known = plane.access.get(await sha256Hex(session), plane.clock.now());
  if (known) return limits.countUser(known.user);
  const held = await sessionTokenOf(session, settings.authSecret);
  if (held === undefined) limits.countUnproven(request);
}

/** The library's answer. A password that it checks counts as wrong before it is looked at, so that many at once are many. */
async function answerOf(plane: ControlPlane, path: string, request: Request): Promise<Response> {
  if (!checksPassword(path)) return plane.signIn.handler(request);
  plane.limits.takePasswordCheck(request);
  let wrong = false;
  try {
    const answer = await plane.signIn.handler(request);
    wrong = answer.status >= 400 && saysWrong(path, await codeOf(answer.clone()));
    return answer;
  } finally {
    if (!wrong) plane.limits.giveBackPasswordCheck(request);
  }
}

async function codeOf(refusal: Response): Promise<unknown> {
  const said: unknown = await refusal.json().catch(() => undefined);
  return typeof said === "object" && said !== null && "code" in said ? said.code : undefined;
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
