// Access Token: what a session or an API key is exchanged for, so that every other request is checked by CPU alone.
import {
  ACCESS_TOKEN_TTL_S,
  ORG_ROLES,
  type OrgId,
  type OrgRole,
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

export interface AccessTokenClaims {
  readonly user: UserId;
  readonly name: string;
  readonly email: string;
  /** The session or API key behind it. */
  readonly sid: string;
  readonly via: "session" | "api-key";
  readonly orgs: readonly { readonly id: OrgId; readonly role: OrgRole }[];
  /** What the API key may do; absent = whatever its user may. */
  readonly scopes?: readonly string[];
}

export type AccessToken = AccessTokenClaims & TokenTimes;

const AUDIENCE = "acos:orchestrator";
/** As many as fit into TOKEN_MAX_BYTES beside the other claims. */
const ORGS_MAX = 40;
const SCOPES_MAX = 32;

const ACCESS_TOKEN: TokenKind<AccessTokenClaims> = {
  subject: "access-token",
  typ: "acos-access+jwt",
  ttlS: ACCESS_TOKEN_TTL_S,
  read: readAccessToken,
};

/** Signs a token, valid for ACCESS_TOKEN_TTL_S: a role or a session that is taken away counts until then at most. */
export function signAccessToken(
  claims: AccessTokenClaims,
  key: SigningKey,
  nowMs: number,
): Promise<string> {
  const { user, name, email, sid, via, orgs, scopes } = claims;
  const payload = {
    iss: ORCHESTRATOR_ISSUER,
    aud: AUDIENCE,
    sub: user,
    name,
    email,
    sid,
    via,
    orgs: orgs.map(({ id, role }) => ({ id, role })),
    ...(scopes && { scopes }),
  };
  return issueToken(ACCESS_TOKEN, payload, { ...key, nowMs });
}

/** Verifies a token of the Orchestrator for itself. Throws TrustError. It does not check scopes against a route. */
export function verifyAccessToken(
  token: string,
  keys: KeySource,
  { nowMs }: { readonly nowMs: number },
): Promise<AccessToken> {
  const expected = { issuer: ORCHESTRATOR_ISSUER, audience: AUDIENCE, nowMs };
  return verifyToken(ACCESS_TOKEN, { token, keys }, expected);
}

function readAccessToken(claims: ClaimReader): AccessTokenClaims {
  return {
    user: claims.id("sub", "user"),
    name: claims.text("name", 200),
    email: claims.text("email", 254),
    sid: claims.text("sid", 128),
    via: claims.oneOf("via", ["session", "api-key"]),
    orgs: claims
      .inners("orgs", ORGS_MAX)
      .map((org) => ({ id: org.id("id", "org"), role: org.oneOf("role", ORG_ROLES) })),
    ...(claims.has("scopes") && { scopes: claims.texts("scopes", SCOPES_MAX) }),
  };
}
