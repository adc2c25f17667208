// The Orchestrator's front door: which path goes where. Everything else a browser asks for is the web app's.
import { problem, PRODUCT_VERSION, type Problem } from "@acos/protocol";

import { catchUp } from "./catch-up.ts";
import { serveJwks } from "./agent-records.ts";
import type { ControlPlane } from "./control-plane.ts";
import { controlPlaneOf } from "./open-control-plane.ts";
import type { Bindings } from "./env.ts";
import { logError } from "./log.ts";
import { isPreviewHost } from "./preview/preview-host.ts";
import { servePreview } from "./preview/serve-preview.ts";
import { jsonAnswer, problemResponse, toResponse } from "./rest/answer.ts";
import { API_PATH } from "./rest/route-table.ts";
import { serveApi } from "./rest/serve-api.ts";
import { SIGN_IN_PATH } from "./sign-in/sign-in.ts";
import { serveSignIn } from "./sign-in/serve-sign-in.ts";
import { serveSocket } from "./socket-handshake.ts";
import { SOCKET_PATH } from "./socket-path.ts";
import { careWhenDue } from "./vault/care-when-due.ts";

export { AgentRecords } from "./agent-records.ts";
export { AuditTrail } from "./audit-trail.ts";
export { CertificateAuthority } from "./certificate-authority.ts";
export { GroupDirectory } from "./group-directory.ts";
export { KeyCare } from "./key-care.ts";
export { SandboxSecrets } from "./sandbox-secrets.ts";

type Serve = (plane: ControlPlane, request: Request) => Response | Promise<Response>;

/** First match counts. */
const ROUTES: readonly (readonly [prefix: string, serve: Serve])[] = [
  [`${API_PATH}/`, serveApi],
  [`${SIGN_IN_PATH}/`, serveSignIn],
  [SOCKET_PATH, serveSocket],
];
const JWKS_PATH = "/.well-known/jwks.json";
/** Never answered with a page: a mistyped address of an API must say so. */
const NOT_PAGES = ["/api", "/ws", "/.well-known"];

export default {
  async fetch(request: Request, bindings: Bindings, context: ExecutionContext): Promise<Response> {
    const answer = await answerTo(request, bindings, context);
    return request.url.startsWith("https:") ? keptSecure(answer) : answer;
  },
} satisfies ExportedHandler<Bindings>;

async function answerTo(
  request: Request,
  bindings: Bindings,
  context: ExecutionContext,
): Promise<Response> {
  const { pathname, hostname } = new URL(request.url);
  if (isPreviewHost(hostname))
    return serveWith(bindings, context, (plane) => servePreview(plane, request));
  if (pathname === "/healthz" && isReading(request))
    return toResponse(jsonAnswer({ status: "ok", version: PRODUCT_VERSION }));
  if (pathname === JWKS_PATH && isReading(request)) return serveWith(bindings, context, serveJwks);
  const serve = ROUTES.find(([prefix]) => pathname.startsWith(prefix))?.[1];
  if (!serve) return servePage(bindings, request, pathname);
  return serveWith(bindings, context, (plane) => serve(plane, request));
}

async function serveWith(
  bindings: Bindings,
  context: ExecutionContext,
  serve: (plane: ControlPlane) => Response | Promise<Response>,
): Promise<Response> {
  try {
    const plane = await controlPlaneOf(bindings);
    context.waitUntil(catchUp(plane));
    context.waitUntil(careWhenDue(plane));
    return await serve(plane);
  } catch (error) {
    logError("the Orchestrator could not start", error);
    return problemResponse(notStarted());
  }
}

/** For a year no browser that was here over https asks without it (RFC 6797). An opened socket has no answer to say it in. */
function keptSecure(answer: Response): Response {
  if (answer.status === 101) return answer;
  const kept = new Response(answer.body, answer);
  kept.headers.set("strict-transport-security", "max-age=31536000");
  return kept;
}

function servePage(
  bindings: Bindings,
  request: Request,
  pathname: string,
): Response | Promise<Response> {
  const isReserved = NOT_PAGES.some(
    (prefix) => pathname === prefix || pathname.startsWith(`${prefix}/`),
  );
  if (bindings.ASSETS && isReading(request) && !isReserved) return bindings.ASSETS.fetch(request);
  return problemResponse(problem("not_found", "There is nothing at this address."));
}

const isReading = ({ method }: Request): boolean => method === "GET" || method === "HEAD";

function notStarted(): Problem {
  const words =
    "The Orchestrator is not set up completely. The operator finds the reason in its log.";
  return problem("unavailable", words);
}
