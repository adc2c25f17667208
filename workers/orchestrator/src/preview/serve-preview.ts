// A preview's own host: a link opens it once and leaves a cookie there; what comes with the cookie goes to the sandbox.
//
//   ?__acos_preview=token ─▶ signature, port, time ─▶ group: jti unused? still allowed? ─▶ cookie, 303 to the same address
//   cookie ─▶ signature, port, time (CPU alone) ─▶ group ─▶ sandbox: HTTP and WebSocket, without anything of ours
import {
  GROUP_ORIGIN,
  PREVIEW_HEADER,
  ProblemError,
  statusOf,
  type PreviewClaims,
  type Problem,
} from "@acos/protocol";
import { signPreview, TrustError, verifyPreview, type PreviewToken } from "@acos/trust";

import { freshId, freshNonce } from "../clock.ts";
import type { ControlPlane } from "../control-plane.ts";
import { problemOf } from "../rest/answer.ts";
import { readFileUpload } from "../rest/file-upload.ts";
import { asHeader, fetchGroup } from "../sandbox-calls.ts";
import { lookForRefusal } from "./group-refusal.ts";
import { previewCookie, previewCookiesOf } from "./preview-cookie.ts";
import { answerHeaders, requestHeaders } from "./preview-headers.ts";
import { previewPlaceOf, type PreviewPlace } from "./preview-host.ts";
import {
  FROM_ELSEWHERE,
  NOT_HERE,
  OPEN_FROM_GROUP,
  pageAnswer,
  wordsOf,
  type PageWords,
} from "./preview-page.ts";

export const PREVIEW_PARAMETER = "__acos_preview";

interface Visit {
  readonly plane: ControlPlane;
  readonly request: Request;
  readonly url: URL;
  readonly place: PreviewPlace;
}

/** Answers a request to a preview's host. Never throws: what is refused is a page, and nothing of the product is served. */
export async function servePreview(plane: ControlPlane, request: Request): Promise<Response> {
  const url = new URL(request.url);
  const place = previewPlaceOf(url.hostname, plane.settings.previewDomain);
  try {
    if (!place) return pageAnswer(NOT_HERE);
    const visit = { plane, request, url, place };
    const link = request.method === "GET" ? url.searchParams.get(PREVIEW_PARAMETER) : null;
    return link === null ? await goOn(visit) : await open(visit, link);
  } catch (error) {
    return pageAnswer(wordsOf(problemOf(error, freshId(plane.clock, "request"))));
  }
}

/** A link's first use: the group takes it once, asked for the very page that it leads to. */
async function open(visit: Visit, link: string): Promise<Response> {
  const { plane, url } = visit;
  const token = await prove(visit, "token", [link]);
  if (token instanceof TrustError) throw token;
  plane.limits.countPreview(token.user);
  const search = withoutLink(url);
  const headers = new Headers({ accept: "text/html" });
  const request = new Request(url, { headers });
  const claims = { ...claimsOf(token), jti: token.jti };
  const answer = await pass({ ...visit, request }, { claims, search });
  const { refusal } = await discarded(answer);
  // A server that does not answer yet is no reason to keep its visitor out.
  if (refusal && statusOf(refusal.code) < 500) throw new ProblemError(refusal);
  const cookie = await signPreview(
    "cookie",
    { ...token, jti: freshNonce(plane.clock) },
    { key: plane.keys.signing, nowMs: plane.clock.now() },
  );
  return new Response(null, {
    status: 303,
    headers: {
      "cache-control": "no-store",
      location: `${url.origin}${url.pathname}${search}`,
      "referrer-policy": "no-referrer",
      "set-cookie": previewCookie(cookie, url.protocol === "https:"),
    },
  });
}

async function discarded(answer: Response): Promise<{ readonly refusal: Problem | undefined }> {
  const looked = await lookForRefusal(answer);
  if (looked.refusal === undefined) await looked.body?.cancel();
  return looked;
}

async function goOn(visit: Visit): Promise<Response> {
  const { plane, request, url, place } = visit;
  const proof = await prove(visit, "cookie", previewCookiesOf(request, url.protocol === "https:"));
  if (proof instanceof TrustError) return pageAnswer(OPEN_FROM_GROUP);
  plane.limits.countPreview(proof.user);
  const wrong = refusedAsForeign(request, url);
  if (wrong) return pageAnswer(wrong);
  const answer = await pass(visit, { claims: claimsOf(proof), search: url.search });
  if (answer.webSocket !== null) return openedSocket(answer);
  const looked = await lookForRefusal(answer);
  if (looked.refusal) return pageAnswer(wordsOf(looked.refusal));
  const { status, statusText } = answer;
  const headers = answerHeaders(answer.headers, place, url.origin);
  // What was looked into goes out in pieces.
  if (looked.body !== answer.body) headers.delete("content-length");
  return new Response(looked.body, { status, statusText, headers });
}

function openedSocket({ webSocket, headers: sent }: Response): Response {
  const headers = new Headers();
  const chosen = sent.get("sec-websocket-protocol");
  if (chosen !== null) headers.set("sec-websocket-protocol", chosen);
  return new Response(null, { status: 101, webSocket, headers });
}

/** The first token that holds. Whoever has none is counted by address, as everywhere. */
async function prove(
  { plane, request, place }: Visit,
  kind: Parameters<typeof verifyPreview>[0],
  tokens: readonly string[],
): Promise<PreviewToken | TrustError> {
  const expected = { keys: plane.keys.ring, ...place, nowMs: plane.clock.now() };
  let refusal = new TrustError("preview-token", "malformed");
  for (const token of tokens) {
    try {
      return await verifyPreview(kind, token, expected);
    } catch (error) {
      if (!(error instanceof TrustError)) throw error;
      refusal = error;
    }
  }
  plane.limits.countRequest(request);
  plane.limits.countUnproven(request);
  return refusal;
}

/** Other websites, other previews among them, may link here and no more; programs send no Origin. */
function refusedAsForeign(request: Request, url: URL): PageWords | undefined {
  const origin = request.headers.get("origin");
  const isSafe = request.method === "GET" || request.method === "HEAD";
  if (origin === null || (isSafe && !isUpgrade(request))) return undefined;
  return URL.parse(origin)?.host === url.host ? undefined : FROM_ELSEWHERE;
}

function isUpgrade(request: Request): boolean {
  return request.headers.get("upgrade")?.toLowerCase() === "websocket";
}

function pass(
  { plane, request, url, place }: Visit,
  { claims, search }: { readonly claims: PreviewClaims; readonly search: string },
): Promise<Response> {
  const { sandbox, port } = place;
  const headers = requestHeaders(request.headers);
  headers.set(PREVIEW_HEADER, asHeader(claims));
  const { bytes } = readFileUpload(request);
  const address = `${GROUP_ORIGIN}/previews/${sandbox}/${port}${url.pathname}${search}`;
  const { method, signal } = request;
  const init = { method, headers, signal, body: bytes, redirect: "manual" } as const;
  return fetchGroup(plane, claims.group, new Request(address, init));
}

function claimsOf({ user, group, sandbox, port, sid, expiresAtMs }: PreviewToken): PreviewClaims {
  return { user, group, sandbox, port, sid, exp: Math.floor(expiresAtMs / 1000) };
}

/** The query as it was written, without the link. */
function withoutLink({ search }: URL): string {
  const kept = search
    .slice(1)
    .split("&")
    .filter((pair) => pair !== "" && pair.split("=", 1)[0] !== PREVIEW_PARAMETER);
  return kept.length === 0 ? "" : `?${kept.join("&")}`;
}
