// One valid token of every kind, with what an attacker's test needs to know about it.
import {
  NonceCache,
  TrustError,
  signAccessToken,
  signPreview,
  signRoutingToken,
  signToolGrant,
  KeyRing,
  verifyAccessToken,
  verifyPreview,
  verifyRoutingToken,
  verifySessionCertificate,
  verifyToolGrant,
  type KeySource,
  type SigningKey,
  type ToolGrantClaims,
  type TrustSubject,
} from "../src/index.ts";
import {
  CALL,
  CA_JWK,
  GROUP,
  NOW_MS,
  ORG,
  RUN,
  SANDBOX,
  SESSION_JWK,
  USER,
  caKey,
  certificateWith,
  publicHalf,
  sessionKey,
} from "./builders.ts";

export interface TokenFixture {
  /** What a refusal names; a preview's cookie has its token's, and a name of its own here. */
  readonly subject: TrustSubject | "preview-cookie";
  readonly typ: string;
  readonly issuerJwk: typeof CA_JWK;
  readonly ttlMs: number;
  /** Claims of other kinds that this one does not have: they cannot be missing. */
  readonly lacks: readonly string[];
  sign(): Promise<string>;
  signer(): Promise<SigningKey>;
  keys(): Promise<KeySource>;
  /** Verifies as the receiver of this kind does, single use included. */
  verify(token: string, keys?: KeySource, nowMs?: number): Promise<unknown>;
}

export const TOOL_GRANT_CLAIMS: ToolGrantClaims = {
  audience: "acos:sandbox-host",
  group: GROUP,
  run: RUN,
  turn: 2,
  call: CALL,
  dispatch: 1,
  argumentsDigest: "ab".repeat(32),
};

export const ROUTING_CLAIMS = {
  user: USER,
  name: "Ann Example",
  org: ORG,
  group: GROUP,
  role: "member",
  sid: "session-1",
  jti: "jti-1",
} as const;

export const ACCESS_CLAIMS = {
  user: USER,
  name: "Ann Example",
  email: "ann@example.org",
  sid: "key-1",
  via: "api-key",
  orgs: [{ id: ORG, role: "owner" }],
  scopes: ["groups:read"],
} as const;

export const PREVIEW_CLAIMS = {
  user: USER,
  group: GROUP,
  sandbox: SANDBOX,
  port: 5173,
  sid: "session-1",
  jti: "jti-1",
} as const;

const fromCa = {
  issuerJwk: CA_JWK,
  signer: caKey,
  keys: () => KeyRing.of([publicHalf(CA_JWK)]),
};

const certificate: TokenFixture = {
  ...fromCa,
  subject: "session-certificate",
  typ: "acos-cert+jwt",
  lacks: ["jti", "scope"],
  ttlMs: 900_000,
  sign: () => certificateWith(),
  async verify(token, keys, nowMs = NOW_MS) {
    const expected = { audience: "acos:agents-worker", nowMs } as const;
    return verifySessionCertificate(token, keys ?? (await this.keys()), expected);
  },
};

const usedJti = new NonceCache();
const routing: TokenFixture = {
  ...fromCa,
  subject: "routing-token",
  typ: "acos-route+jwt",
  lacks: ["cnf", "scope"],
  ttlMs: 60_000,
  sign: async () =>
    signRoutingToken({ ...ROUTING_CLAIMS, jti: crypto.randomUUID() }, await caKey(), NOW_MS),
  async verify(token, keys, nowMs = NOW_MS) {
    const ring = keys ?? (await this.keys());
    const verified = await verifyRoutingToken(token, ring, { group: GROUP, nowMs });
    if (!usedJti.remember(verified.jti, verified.expiresAtMs, nowMs))
      throw new TrustError("routing-token", "used");
    return verified;
  },
};

const access: TokenFixture = {
  ...fromCa,
  subject: "access-token",
  typ: "acos-access+jwt",
  lacks: ["cnf", "jti"],
  ttlMs: 300_000,
  sign: async () => signAccessToken(ACCESS_CLAIMS, await caKey(), NOW_MS),
  async verify(token, keys, nowMs = NOW_MS) {
    return verifyAccessToken(token, keys ?? (await this.keys()), { nowMs });
  },
};

const grant: TokenFixture = {
  subject: "tool-grant",
  typ: "acos-tool+jwt",
  lacks: ["cnf", "jti", "scope"],
  ttlMs: 60_000,
  issuerJwk: SESSION_JWK,
  signer: sessionKey,
  keys: () => KeyRing.of([publicHalf(SESSION_JWK)]),
  sign: async () => signToolGrant(TOOL_GRANT_CLAIMS, await sessionKey(), NOW_MS),
  async verify(token, keys, nowMs = NOW_MS) {
    const expected = { ...TOOL_GRANT_CLAIMS, nowMs };
    return verifyToolGrant(token, keys ?? (await this.keys()), expected);
  },
};

const preview = (kind: "token" | "cookie"): TokenFixture => ({
  ...fromCa,
  subject: kind === "token" ? "preview-token" : "preview-cookie",
  typ: kind === "token" ? "acos-preview+jwt" : "acos-preview-cookie+jwt",
  lacks: ["cnf", "scope"],
  ttlMs: kind === "token" ? 60_000 : 3_600_000,
  sign: async () => signPreview(kind, PREVIEW_CLAIMS, { key: await caKey(), nowMs: NOW_MS }),
  async verify(token, keys, nowMs = NOW_MS) {
    const { sandbox, port } = PREVIEW_CLAIMS;
    return verifyPreview(kind, token, { keys: keys ?? (await this.keys()), sandbox, port, nowMs });
  },
});

export const TOKEN_FIXTURES: readonly TokenFixture[] = [
  certificate,
  routing,
  access,
  grant,
  preview("token"),
  preview("cookie"),
];

export function decodeToken(token: string): {
  header: Record<string, unknown>;
  payload: Record<string, unknown>;
  segments: [string, string, string];
} {
  const segments = token.split(".") as [string, string, string];
  const read = (segment: string) =>
    JSON.parse(atob(segment.replaceAll("-", "+").replaceAll("_", "/"))) as Record<string, unknown>;
  return { header: read(segments[0]), payload: read(segments[1]), segments };
}
