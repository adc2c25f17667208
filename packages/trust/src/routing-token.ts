// Routing Token: opens one socket of one user on one group, once; verified by CPU alone before the upgrade.
import {
  ROLES,
  ROUTING_TOKEN_TTL_S,
  type GroupId,
  type OrgId,
  type Role,
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

export interface RoutingTokenClaims {
  readonly user: UserId;
  /** The user's name as others see it. */
  readonly name: string;
  readonly org: OrgId;
  readonly group: GroupId;
  readonly role: Role;
  /** The session or API key the token was issued to. */
  readonly sid: string;
  /** Single use: the group remembers it until `expiresAtMs`. */
  readonly jti: string;
}

export type RoutingToken = RoutingTokenClaims & TokenTimes;

const AUDIENCE = "acos:group:";

const ROUTING_TOKEN: TokenKind<RoutingTokenClaims> = {
  subject: "routing-token",
  typ: "acos-route+jwt",
  ttlS: ROUTING_TOKEN_TTL_S,
  read: readRoutingToken,
};

/** Signs a token, valid for ROUTING_TOKEN_TTL_S. `jti` must be unguessable; that is the caller's randomness. */
export function signRoutingToken(
  claims: RoutingTokenClaims,
  key: SigningKey,
  nowMs: number,
): Promise<string> {
  const { user, name, org, group, role, sid, jti } = claims;
  const aud = `${AUDIENCE}${group}`;
  const payload = { iss: ORCHESTRATOR_ISSUER, aud, sub: user, name, org, group, role, sid, jti };
  return issueToken(ROUTING_TOKEN, payload, { ...key, nowMs });
}

/**
 * Verifies a token for one group. Throws TrustError. It does not check that the `jti` is fresh, that the user still is a
 * member, or the Origin of the request: the group and the Orchestrator do.
 */
export function verifyRoutingToken(
  token: string,
  keys: KeySource,
  { group, nowMs }: { readonly group: GroupId; readonly nowMs: number },
): Promise<RoutingToken> {
  const expected = { issuer: ORCHESTRATOR_ISSUER, audience: `${AUDIENCE}${group}`, nowMs };
  return verifyToken(ROUTING_TOKEN, { token, keys }, expected);
}

function readRoutingToken(claims: ClaimReader): RoutingTokenClaims {
  const group = claims.id("group", "group");
  if (claims.value("aud") !== `${AUDIENCE}${group}`) throw claims.wrong("group");
  return {
    user: claims.id("sub", "user"),
    name: claims.text("name", 200),
    org: claims.id("org", "org"),
    group,
    role: claims.oneOf("role", ROLES),
    sid: claims.text("sid", 128),
    jti: claims.text("jti", 64),
  };
}
