// Tool Grant: the group's word, under its session key, that one tool call with exactly these arguments may run now.
import type { GroupId, RunId, ToolArguments, ToolCallId } from "@acos/protocol";

import { canonicalJson } from "./canonical-json.ts";
import type { ClaimReader } from "./claim-reader.ts";
import { sha256Hex } from "./digest.ts";
import type { SigningKey } from "./key-ring.ts";
import type { KeySource } from "./strict-token.ts";
import { issueToken, verifyToken, type TokenKind, type TokenTimes } from "./token-kind.ts";
import { TrustError } from "./trust-error.ts";

/** Long enough to reach the tool, too short to be worth stealing. */
export const TOOL_GRANT_TTL_S = 60;

export const TOOL_GRANT_AUDIENCES = ["acos:sandbox-host", "acos:tool-gateway"] as const;
export type ToolGrantAudience = (typeof TOOL_GRANT_AUDIENCES)[number];

export interface ToolGrantClaims {
  readonly audience: ToolGrantAudience;
  readonly group: GroupId;
  readonly run: RunId;
  /** Index of the turn in its run. */
  readonly turn: number;
  readonly call: ToolCallId;
  /** Which handing out of the call this is, from 1: a call without an effect may be made again after it was lost. */
  readonly dispatch: number;
  /** What `argumentsDigest` makes of the tool and its arguments. */
  readonly argumentsDigest: string;
}

export type ToolGrant = ToolGrantClaims & TokenTimes;

const SUBJECT = "tool-grant";
const BOUND = ["group", "run", "turn", "call", "dispatch", "argumentsDigest"] as const;
const ISSUER = "acos:group:";

const TOOL_GRANT: TokenKind<ToolGrantClaims> = {
  subject: SUBJECT,
  typ: "acos-tool+jwt",
  ttlS: TOOL_GRANT_TTL_S,
  read: readToolGrant,
};

/** SHA-256 in hex over the canonical JSON (RFC 8785) of a tool's name and its arguments: what approvals and grants are bound to. */
export function argumentsDigest(tool: string, args: ToolArguments): Promise<string> {
  return sha256Hex(canonicalJson({ tool, arguments: args }));
}

/** Signs a grant with the group's session key. It does not check that an approval was given. */
export function signToolGrant(
  claims: ToolGrantClaims,
  sessionKey: SigningKey,
  nowMs: number,
): Promise<string> {
  const { audience, group, run, turn, call, dispatch, argumentsDigest: digest } = claims;
  const bound = { group, run, turn, call, dispatch, argumentsDigest: digest };
  const payload = { iss: `${ISSUER}${group}`, aud: audience, ...bound };
  return issueToken(TOOL_GRANT, payload, { ...sessionKey, nowMs });
}

/**
 * Verifies a grant for exactly one call. `keys` holds the session key of a verified certificate of the same group. Throws
 * TrustError. It does not check that the grant is used once: remember (group, run, call, dispatch) until `expiresAtMs`.
 */
export async function verifyToolGrant(
  token: string,
  keys: KeySource,
  expected: ToolGrantClaims & { readonly nowMs: number },
): Promise<ToolGrant> {
  const { audience, group, nowMs } = expected;
  const issuer = `${ISSUER}${group}`;
  const grant = await verifyToken(TOOL_GRANT, { token, keys }, { issuer, audience, nowMs });
  for (const name of BOUND)
    if (grant[name] !== expected[name]) throw new TrustError(SUBJECT, "binding", name);
  return grant;
}

function readToolGrant(claims: ClaimReader): ToolGrantClaims {
  const digest = claims.text("argumentsDigest", 64);
  if (!/^[0-9a-f]{64}$/.test(digest)) throw claims.wrong("argumentsDigest");
  return {
    audience: claims.oneOf("aud", TOOL_GRANT_AUDIENCES),
    group: claims.id("group", "group"),
    run: claims.id("run", "run"),
    turn: claims.count("turn"),
    call: claims.id("call", "toolCall"),
    dispatch: claims.count("dispatch"),
    argumentsDigest: digest,
  };
}
