// Preview Token and preview cookie: one browser's way to one port of one sandbox. The token opens it once; the cookie, on the
// preview's own host, goes on for an hour.
import {
  PREVIEW_COOKIE_TTL_S,
  PREVIEW_TOKEN_TTL_S,
  type GroupId,
  type SandboxId,
  type UserId,
} from "@acos/protocol";

import type { ClaimReader } from "./claim-reader.ts";
import type { SigningKey } from "./key-ring.ts";
import type { KeySource } from "./strict-token.ts";
import {
  issueToken,
  ORCHESTRATOR_ISSUER,
  verifyToken,
  type TokenKind,
  type TokenTimes,
} from "./token-kind.ts";

export interface PreviewTokenClaims {
  readonly user: UserId;
  readonly group: GroupId;
  readonly sandbox: SandboxId;
  readonly port: number;
  /** The session or API key the token was issued to. */
  readonly sid: string;
  /** Single use for a token; a cookie is used again and again. */
  readonly jti: string;
}

export type PreviewKind = "token" | "cookie";
export type PreviewToken = PreviewTokenClaims & TokenTimes;

const AUDIENCE = "acos:preview:";
const PORT_MAX = 65_535;

const TOKEN: TokenKind<PreviewTokenClaims> = {
  subject: "preview-token",
  typ: "acos-preview+jwt",
  ttlS: PREVIEW_TOKEN_TTL_S,
  read: readPreview,
};
const COOKIE: TokenKind<PreviewTokenClaims> = {
  ...TOKEN,
  typ: "acos-preview-cookie+jwt",
  ttlS: PREVIEW_COOKIE_TTL_S,
};
const KINDS: Readonly<Record<PreviewKind, TokenKind<PreviewTokenClaims>>> = {
  token: TOKEN,
  cookie: COOKIE,
};

/** Signs a token or a cookie. It does not check that the user may see the sandbox. */
export function signPreview(
  kind: PreviewKind,
  claims: PreviewTokenClaims,
  { key, nowMs }: { readonly key: SigningKey; readonly nowMs: number },
): Promise<string> {
  const { user, group, sandbox, port, sid, jti } = claims;
  const aud = audienceOf(claims);
  const payload = { iss: ORCHESTRATOR_ISSUER, aud, sub: user, group, sandbox, port, sid, jti };
  return issueToken(KINDS[kind], payload, { ...key, nowMs });
}

/**
 * Verifies a token or a cookie for one port of one sandbox. Throws TrustError. It does not check that a token is used once,
 * nor that the user still may see the sandbox: the group does.
 */
export function verifyPreview(
  kind: PreviewKind,
  token: string,
  expected: {
    readonly keys: KeySource;
    readonly sandbox: SandboxId;
    readonly port: number;
    readonly nowMs: number;
  },
): Promise<PreviewToken> {
  const { keys, nowMs } = expected;
  const audience = audienceOf(expected);
  return verifyToken(
    KINDS[kind],
    { token, keys },
    { issuer: ORCHESTRATOR_ISSUER, audience, nowMs },
  );
}

function audienceOf({ sandbox, port }: Pick<PreviewTokenClaims, "sandbox" | "port">): string {
  return `${AUDIENCE}${sandbox}:${port}`;
}

function readPreview(claims: ClaimReader): PreviewTokenClaims {
  const sandbox = claims.id("sandbox", "sandbox");
  const port = claims.count("port");
  if (port < 1 || port > PORT_MAX) throw claims.wrong("port");
  if (claims.value("aud") !== audienceOf({ sandbox, port })) throw claims.wrong("sandbox");
  return {
    user: claims.id("sub", "user"),
    group: claims.id("group", "group"),
    sandbox,
    port,
    sid: claims.text("sid", 128),
    jti: claims.text("jti", 64),
  };
}
