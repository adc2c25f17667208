// What a Sandbox Host asks of every request before it does anything: signature and certificate, the sandbox in its path, and
// for a tool call the grant of exactly this call. CPU only; whose the sandbox is, the host knows.
import {
  ACTOR_PARAMETER,
  decodeUtf8,
  GRANT_HEADER,
  isId,
  parse,
  parseJson,
  SANDBOX_ORIGIN,
  SANDBOXES_PATH,
  sandboxCallSchema,
  type GroupId,
  type MemberId,
  type OrgId,
  type RunId,
  type SandboxCall,
  type SandboxId,
} from "@acos/protocol";

import type { NonceCache } from "./nonce-cache.ts";
import type { SignableRequest } from "./request-signature.ts";
import {
  verifySignedRequest,
  type RequestGate,
  type VerifiedRequest,
} from "./request-verification.ts";
import { argumentsDigest, verifyToolGrant } from "./tool-grant.ts";
import { TrustError } from "./trust-error.ts";

/** The gate of a host, made with the audience `acos:sandbox-host`, and the grants that were used. */
export interface SandboxGate {
  readonly gate: RequestGate;
  readonly usedGrants: NonceCache;
}

/** Who asks what of which sandbox. */
export interface SandboxRequest {
  readonly org: OrgId;
  readonly group: GroupId;
  /** Sandboxes of the group that may run at the same time; undefined = the certificate does not say. */
  readonly maxSandboxes: number | undefined;
  readonly run: RunId | null;
  /** The member for whom a request without a run is made. */
  readonly actor: MemberId | null;
  readonly sandbox: SandboxId;
  /** Below the sandbox: empty, or begins with a slash. */
  readonly path: string;
  /** The query without the actor; empty, or begins with a question mark. */
  readonly search: string;
  /** The call whose grant was proven; null on every path but that of a call. */
  readonly call: SandboxCall | null;
}

/** Methods that hand out nothing: a call is read on with GET, and its end asked for with DELETE. */
const LOOKING_METHODS: readonly string[] = ["GET", "HEAD", "DELETE"];
const CALL_PATH = /^\/agent\/tool-calls\/([^/]+)$/;
const ALMOST_CALL_PATH = /^[/\\]*agent[/\\]+tool-calls(?:$|[/\\;])/i;

/**
 * Verifies a request to a Sandbox Host; its `url` is the target on SANDBOX_ORIGIN. Throws TrustError, or ProblemError for a
 * body that is no call. It does not check that the group owns the sandbox, nor that its epoch is the one that runs.
 */
export async function verifySandboxRequest(
  request: SignableRequest,
  { gate, usedGrants }: SandboxGate,
  nowMs: number,
): Promise<SandboxRequest> {
  const verified = await verifySignedRequest(request, gate, nowMs);
  const { org, group, caps } = verified.certificate;
  const target = new URL(request.url);
  const { sandbox, path } = targetOf(target);
  const actor = actorIn(target);
  const callId = callIn(request.method, path);
  const call =
    callId === undefined
      ? null
      : await verifyCall(request, { verified, usedGrants, callId, nowMs });
  return {
    org,
    group,
    maxSandboxes: caps.maxSandboxes,
    run: verified.run,
    actor,
    sandbox,
    path,
    search: withoutActor(target.search),
    call,
  };
}

function targetOf({ pathname }: URL): { sandbox: SandboxId; path: string } {
  const rest = pathname.startsWith(`${SANDBOXES_PATH}/`)
    ? pathname.slice(SANDBOXES_PATH.length + 1)
    : "";
  const end = rest.indexOf("/");
  const sandbox = end < 0 ? rest : rest.slice(0, end);
  if (!isId("sandbox", sandbox)) throw new TrustError("signed-request", "target");
  return { sandbox, path: end < 0 ? "" : rest.slice(end) };
}

/**
 * The call that a request hands out, if it does. Whatever an agent might read as a call's path must be written exactly as one:
 * nothing gets round the grant by a slash or an escape.
 */
function callIn(method: string, path: string): string | undefined {
  if (LOOKING_METHODS.includes(method)) return undefined;
  const callId = CALL_PATH.exec(path)?.[1];
  if (callId === undefined && ALMOST_CALL_PATH.test(unescaped(path)))
    throw new TrustError("signed-request", "target", "call");
  return callId;
}

/** Escapes of ASCII as their characters; others stay as they are. */
function unescaped(path: string): string {
  return path.replaceAll(/%([0-7][0-9a-f])/gi, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
}

const pairsOf = (search: string): readonly string[] => search.slice(1).split("&");
const isActor = (pair: string): boolean => pair.split("=", 1)[0] === ACTOR_PARAMETER;

/** Throws TrustError for what is no member, and for several: it would be a guess which of them is meant. */
function actorIn({ search }: URL): MemberId | null {
  const named = pairsOf(search).filter(isActor);
  const [only] = named;
  if (only === undefined) return null;
  const actor = only.slice(ACTOR_PARAMETER.length + 1);
  if (named.length > 1 || !isId("member", actor))
    throw new TrustError("signed-request", "target", ACTOR_PARAMETER);
  return actor;
}

/** Takes the actor off as text, so that the rest of the query stays as it was written. */
function withoutActor(search: string): string {
  const kept = pairsOf(search)
    .filter((pair) => !isActor(pair))
    .join("&");
  return kept === "" ? "" : `?${kept}`;
}

interface CallProof {
  readonly verified: VerifiedRequest;
  readonly usedGrants: NonceCache;
  readonly callId: string;
  readonly nowMs: number;
}

async function verifyCall(
  request: SignableRequest,
  { verified, usedGrants, callId, nowMs }: CallProof,
): Promise<SandboxCall> {
  const body = parseJson(decodeUtf8(request.body, "The tool call"), "The tool call");
  const wanted = parse(sandboxCallSchema, body, "The tool call");
  const { run, turn, call, dispatch, tool, arguments: args } = wanted;
  if (call !== callId || run !== verified.run)
    throw new TrustError("tool-grant", "binding", "call");
  const { group } = verified.certificate;
  const grant = request.headers.get(GRANT_HEADER);
  if (grant === null) throw new TrustError("tool-grant", "field", GRANT_HEADER);
  const { expiresAtMs } = await verifyToolGrant(grant, verified.sessionKey, {
    audience: "acos:sandbox-host",
    group,
    run,
    turn,
    call,
    dispatch,
    argumentsDigest: await argumentsDigest(tool, args),
    nowMs,
  });
  if (!usedGrants.remember(`${group}.${run}.${call}.${dispatch}`, expiresAtMs, nowMs))
    throw new TrustError("tool-grant", "used");
  return wanted;
}

/**
 * The target of a request to a sandbox as it is signed. `path` begins with a slash or is empty, `search` with a question mark
 * or is empty; an actor that `search` names itself is taken off. Throws TrustError for a path that leads out of the sandbox.
 */
export function sandboxTarget(
  sandbox: SandboxId,
  path: string,
  {
    search = "",
    actor = null,
  }: { readonly search?: string; readonly actor?: MemberId | null } = {},
): string {
  const asked = withoutActor(search);
  const query =
    actor === null ? asked : `${asked === "" ? "?" : `${asked}&`}${ACTOR_PARAMETER}=${actor}`;
  const own = `${SANDBOXES_PATH}/${sandbox}`;
  const target = new URL(`${SANDBOX_ORIGIN}${own}${path}${query}`);
  const stays = target.pathname === own || target.pathname.startsWith(`${own}/`);
  if (!stays || target.href.includes("#")) throw new TrustError("signed-request", "target", "path");
  return target.href;
}
