// Proof of the caller on every request: isolate memory, else the access token by CPU alone, else one exchange at D1.
//
//   API key ──┐              ┌─ known here for 60 s? ─▶ caller
//             ├─ SHA-256 ────┤  access cookie valid and bound to this session? ─▶ caller
//   session ──┘              └─ exchange at the sign-in surface ─▶ caller + fresh access cookie
import {
  API_KEY_SCOPES,
  isId,
  isUnsafe,
  OPERATIONS,
  problem,
  ProblemError,
  type OperationId,
  type OrgId,
  type UserId,
} from "@acos/protocol";
import { sha256Hex, signAccessToken, TrustError, verifyAccessToken } from "@acos/trust";

import type { ControlPlane } from "../control-plane.ts";
import { CALLER_CACHE_MS } from "./access-cache.ts";
import { looksLikeApiKey } from "./api-key.ts";
import { readPerson, type Caller, type Person } from "./caller.ts";
import { ACCESS_COOKIE, accessCookie, readCookie, sessionCookieName } from "./cookies.ts";
import { sessionNameOf, sessionTokenOf } from "./session-name.ts";

export interface Proof {
  readonly caller: Caller;
  /** `Set-Cookie` values for the answer. */
  readonly cookies: readonly string[];
}

type Exchange = { readonly caller: Caller; readonly cookies: readonly string[] } | undefined;

/** Proves who asks. Throws ProblemError `unauthenticated`. It does not check scopes, origins or rights. */
export async function authenticate(plane: ControlPlane, request: Request): Promise<Proof> {
  const header = request.headers.get("authorization");
  if (header !== null) return proveApiKey(plane, header);
  const session = readCookie(request, sessionCookieName(plane.settings.secure));
  if (session === undefined || session === "") throw unauthenticated();
  return proveSession(plane, request, session);
}

async function proveApiKey(plane: ControlPlane, header: string): Promise<Proof> {
  const [, key] = /^bearer ([^\s]{1,200})$/i.exec(header) ?? [];
  if (key === undefined || !(await looksLikeApiKey(key))) throw unauthenticated("API key");
  const digest = await sha256Hex(key);
  const known = plane.access.get(digest, plane.clock.now());
  if (known) return { caller: known, cookies: [] };
  return remember(plane, digest, () => exchangeApiKey(plane, key));
}

async function proveSession(
  plane: ControlPlane,
  request: Request,
  session: string,
): Promise<Proof> {
  const digest = await sha256Hex(session);
  const known = plane.access.get(digest, plane.clock.now());
  if (known) return { caller: known, cookies: [] };
  const accessed = await readAccessToken(plane, request, { session, digest });
  if (accessed) return { caller: accessed, cookies: [] };
  return remember(plane, digest, () => exchangeSession(plane, request));
}

async function remember(
  plane: ControlPlane,
  digest: string,
  exchange: () => Promise<Exchange>,
): Promise<Proof> {
  const provenAtMs = plane.clock.now();
  const proof = await exchange();
  if (!proof) throw unauthenticated();
  const untilMs = plane.clock.now() + CALLER_CACHE_MS;
  plane.access.put(digest, proof.caller, { provenAtMs, untilMs });
  return proof;
}

/** An access token counts only beside the cookie of the session it was made for. */
async function readAccessToken(
  plane: ControlPlane,
  request: Request,
  { session, digest }: { readonly session: string; readonly digest: string },
): Promise<Caller | undefined> {
  const token = readCookie(request, ACCESS_COOKIE);
  if (!token) return undefined;
  try {
    const nowMs = plane.clock.now();
    const { issuedAtMs, expiresAtMs, ...caller } = await verifyAccessToken(token, plane.keys.ring, {
      nowMs,
    });
    const held = await sessionTokenOf(session, plane.settings.authSecret);
    if (held === undefined || caller.sid !== (await sessionNameOf(held))) return undefined;
    if (plane.access.mustProve(caller.user, issuedAtMs)) return undefined;
    const untilMs = Math.min(expiresAtMs, nowMs + CALLER_CACHE_MS);
    plane.access.put(digest, caller, { provenAtMs: issuedAtMs, untilMs });
    return caller;
  } catch (error) {
    // A bad access token proves nothing, but the session cookie beside it still may.
    if (error instanceof TrustError) return undefined;
    throw error;
  }
}

async function exchangeSession(plane: ControlPlane, request: Request): Promise<Exchange> {
  const startedAtMs = plane.clock.now();
  const { headers, response } = await plane.signIn.api.getSession({
    headers: request.headers,
    returnHeaders: true,
  });
  const user = response?.user.id;
  if (!response || user === undefined || !isId("user", user)) return undefined;
  const person = await readPerson(plane.db, user);
  if (!person) return undefined;
  const sid = await sessionNameOf(response.session.token);
  const caller: Caller = { ...person, sid, via: "session" };
  const token = await signAccessToken(caller, plane.keys.signing, startedAtMs);
  return {
    caller,
    cookies: [...headers.getSetCookie(), accessCookie(token, plane.settings.secure)],
  };
}

async function exchangeApiKey(plane: ControlPlane, key: string): Promise<Exchange> {
  const { valid, key: found } = await plane.signIn.api.verifyApiKey({ body: { key } });
  if (!valid || !found) return undefined;
  const person = await readPerson(plane.db, found.referenceId as UserId);
  if (!person) return undefined;
  const scopes = scopesOf(found.permissions);
  noteKeyUse(plane, found.id, person);
  return { caller: { ...person, sid: found.id, via: "api-key", scopes }, cookies: [] };
}

/** How often the use of a key is news: a script at work would fill the chain. */
const KEY_USE_MS = 60 * 60_000;

function noteKeyUse({ audit }: ControlPlane, key: string, { user, orgs }: Person): void {
  const note = { kind: "api-key-used", actor: user, subject: key } as const;
  audit.noteLater(note, async () => ({ chains: orgs.map(({ id }) => id) }), KEY_USE_MS);
}

/** The scopes an API key holds; a key without any may do nothing. */
export function scopesOf(permissions: unknown): (typeof API_KEY_SCOPES)[number][] {
  const held = (permissions as { acos?: unknown } | null | undefined)?.acos;
  return Array.isArray(held) ? API_KEY_SCOPES.filter((scope) => held.includes(scope)) : [];
}

function unauthenticated(what = "sign-in"): ProblemError {
  const words =
    what === "API key"
      ? "The Authorization header holds no API key of this installation. Make one with POST /api/v1/api-keys."
      : "You are not signed in, or your session or API key is no longer valid. Sign in with POST /api/auth/sign-in/email, or send an API key as `Authorization: Bearer`.";
  return new ProblemError(problem("unauthenticated", words));
}

/** Throws ProblemError `forbidden` unless the caller's API key has the scope that the operation needs. */
export function requireScope(caller: Caller, id: OperationId): void {
  const scope = isUnsafe(OPERATIONS[id]) ? "write" : "read";
  if (caller.scopes === undefined || caller.scopes.includes(scope)) return;
  const words =
    id === "createRoutingToken"
      ? 'A socket also takes commands, so asking for its token needs the scope "write". With "read" alone, read GET /api/v1/groups/{id}/events?after=N instead.'
      : `This API key lacks the scope "${scope}". Make one that has it with POST /api/v1/api-keys.`;
  throw new ProblemError(problem("forbidden", words));
}

/** The org's role of a caller; undefined when they are not in it. */
export function orgRoleOf(caller: Caller, org: OrgId): Caller["orgs"][number]["role"] | undefined {
  return caller.orgs.find(({ id }) => id === org)?.role;
}
