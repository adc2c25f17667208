// One REST request: route, proof of the caller, origin, scope, body, idempotency, handler, answer. In this order.
import {
  ERRORS,
  EXEC_TIMEOUT_MAX_MS,
  isUnsafe,
  OPERATIONS,
  parse,
  problem,
  ProblemError,
  statusOf,
  type ErrorCode,
  type OperationId,
} from "@acos/protocol";

import { noteRefusal, recorded, type AskedOperation } from "../audit/operation-notes.ts";
import { freshId } from "../clock.ts";
import type { ControlPlane } from "../control-plane.ts";
import { HANDLERS } from "../routes/handlers.ts";
import { EXEC_MARGIN_MS, wantsStream } from "../routes/sandbox-work.ts";
import { authenticate, requireScope, type Proof } from "../sign-in/authenticate.ts";
import type { Caller } from "../sign-in/caller.ts";
import { requireOwnOrigin } from "../sign-in/own-origin.ts";
import { jsonAnswer, problemOf, problemResponse, toResponse, type Answer } from "./answer.ts";
import {
  answersBundle,
  bundleResponse,
  readBundleUpload,
  takeRest,
  takesBundle,
  type BundleAnswer,
} from "./bundle-transfer.ts";
import type { Call, Handler } from "./call.ts";
import { readFileUpload, takesFile } from "./file-upload.ts";
import { answerOnce, readIdempotencyKey } from "./idempotency.ts";
import { openApiAnswer } from "./openapi.ts";
import { passedResponse, passesThrough, type PassedAnswer } from "./passed-answer.ts";
import { readQuery } from "./query.ts";
import { parseBody, readBodyText, requireNoFields } from "./request-body.ts";
import { API_PATH, matchRoute, type Params } from "./route-table.ts";
import { successStatusOf } from "./success-status.ts";

/**
 * A token is single use and lives for a minute, and so does a preview's link: handing out the first one again would be of no
 * use. A file that is written again is the same, and its bytes are not held here to be compared.
 */
const NEVER_REPEATED: readonly OperationId[] = ["createRoutingToken", "openPreview", "writeFile"];
/** What may take longer than other requests: a bundle on its way (100 MiB at 1 Mbit/s), and the longest command. */
const SLOW: Partial<Record<OperationId, number>> = {
  importGroup: 15 * 60_000,
  execInSandbox: EXEC_TIMEOUT_MAX_MS + EXEC_MARGIN_MS,
};

/** Answers a request under /api/v1. Never throws: whatever goes wrong becomes a Problem. */
export async function serveApi(plane: ControlPlane, request: Request): Promise<Response> {
  const seen: Seen = { requestId: freshId(plane.clock, "request") };
  try {
    const response = await answerApi(plane, request, seen);
    if (request.method !== "HEAD") return response;
    await response.body?.cancel();
    return new Response(null, response);
  } catch (error) {
    const refusal = problemOf(error, seen.requestId);
    if (seen.asked) noteRefusal(plane, seen.asked, refusal.code);
    return problemResponse(refusal, seen.requestId);
  } finally {
    // Strangers are hung up on.
    if (seen.asked?.caller && takesBundle(seen.asked.id)) await takeRest(request);
  }
}

/** A request as far as it is understood, for whoever tells of its end. */
interface Seen {
  readonly requestId: string;
  asked?: AskedOperation;
}

async function answerApi(plane: ControlPlane, request: Request, seen: Seen): Promise<Response> {
  const { requestId } = seen;
  plane.limits.countRequest(request);
  const url = new URL(request.url);
  const path = url.pathname.slice(API_PATH.length);
  if (path === "/openapi.json" && request.method === "GET") return toResponse(openApiAnswer());
  const match = matchRoute(request.method, path);
  if (match.found === "nothing")
    throw new ProblemError(
      problem(
        "not_found",
        `There is nothing at this path. ${API_PATH}/openapi.json lists what there is.`,
      ),
    );
  if (match.found === "path") return wrongMethod(match.allow, requestId);
  seen.asked = match;
  const proof = await proveCaller(plane, request);
  seen.asked = { ...match, caller: proof.caller };
  countCaller(plane, proof.caller, match.params);
  requireAllowed(plane, request, { id: match.id, proof });
  const done = await operate(plane, request, { ...match, caller: proof.caller });
  const response = responseOf(done, requestId);
  for (const cookie of proof.cookies) response.headers.append("set-cookie", cookie);
  if ("replayed" in done && done.replayed) response.headers.set("idempotency-replayed", "true");
  return response;
}

function responseOf(done: Done, requestId: string): Response {
  if ("bundle" in done) return bundleResponse(done, requestId);
  return "passed" in done ? passedResponse(done, requestId) : toResponse(done.answer, requestId);
}

/** Proves who asks; who does not is counted by address. */
async function proveCaller(plane: ControlPlane, request: Request): Promise<Proof> {
  try {
    return await authenticate(plane, request);
  } catch (error) {
    if (error instanceof ProblemError) plane.limits.countUnproven(request);
    throw error;
  }
}

/** Counts for the user, and for the org that the path names where they are in it: strangers use nothing up. */
function countCaller(plane: ControlPlane, caller: Caller, { org: named }: Params): void {
  plane.limits.countUser(caller.user);
  const org = caller.orgs.find(({ id }) => id === named);
  if (org) plane.limits.countOrg(org.id);
}

function wrongMethod(allow: readonly string[], requestId: string): Response {
  const words = `This path takes ${allow.join(", ")}.`;
  const response = problemResponse(problem("method_not_allowed", words), requestId);
  response.headers.set("allow", allow.join(", "));
  return response;
}

function requireAllowed(
  plane: ControlPlane,
  request: Request,
  { id, proof }: { readonly id: OperationId; readonly proof: Proof },
): void {
  const unsafe = isUnsafe(OPERATIONS[id]);
  if (unsafe && proof.caller.via === "session")
    requireOwnOrigin(request, plane.settings.publicOrigins);
  requireScope(proof.caller, id);
}

interface Asked {
  readonly id: OperationId;
  readonly params: Params;
  readonly caller: Proof["caller"];
}

type Done = { readonly answer: Answer; readonly replayed: boolean } | BundleAnswer | PassedAnswer;

async function operate(plane: ControlPlane, request: Request, asked: Asked): Promise<Done> {
  const { id, params, caller } = asked;
  const { method } = OPERATIONS[id];
  const { pathname, searchParams } = new URL(request.url);
  const page = readQuery(id, searchParams);
  const { text, body } = await readSent(request, id);
  // The route table pairs this handler with exactly these params and this body; TypeScript cannot follow that.
  const handler = HANDLERS[id] as unknown as Handler<"getMe">;
  const call = { plane, caller, params, body, page, request } as unknown as Call<"getMe">;
  const act = (): Promise<unknown> => recorded(plane, { ...asked, body }, () => handler(call));
  if (answersBundle(id) || passesThrough(id) || (id === "execInSandbox" && wantsStream(request)))
    return (await act()) as BundleAnswer | PassedAnswer;
  const work = async (): Promise<Answer> => jsonAnswer(await act(), successStatusOf(id));
  const key = isUnsafe(OPERATIONS[id]) ? readIdempotencyKey(request) : undefined;
  if (key === undefined || NEVER_REPEATED.includes(id))
    return { answer: await work(), replayed: false };
  const keyed = {
    principal: caller.user,
    key,
    request: `${method} ${pathname}\n${text}`,
    ...(id in SLOW && { lostAfterMs: SLOW[id] }),
  };
  return answerOnce(plane, keyed, () => keepable(work, (code) => noteRefusal(plane, asked, code)));
}

/** What a request brings: its body as the operation takes it, and as text for the idempotency key. A bundle is no text. */
async function readSent(
  request: Request,
  id: OperationId,
): Promise<{ readonly text: string; readonly body: unknown }> {
  const operation: { method: string; body?: Parameters<typeof parse>[0] } = OPERATIONS[id];
  if (takesBundle(id)) return { text: "", body: readBundleUpload(request) };
  if (takesFile(id)) return { text: "", body: readFileUpload(request) };
  const text = isUnsafe(operation) ? await readBodyText(request) : "";
  const sent = parseBody(request, text);
  if (operation.body) return { text, body: parse(operation.body, sent, "The request body") };
  requireNoFields(sent);
  return { text, body: undefined };
}

/** A refusal that would be the same again is an answer; one that advises to try again is not. */
async function keepable(
  work: () => Promise<Answer>,
  noteRefused: (code: ErrorCode) => void,
): Promise<Answer> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ProblemError) || ERRORS[error.problem.code].retry !== "no") throw error;
    noteRefused(error.problem.code);
    return jsonAnswer(error.problem, statusOf(error.problem.code));
  }
}
