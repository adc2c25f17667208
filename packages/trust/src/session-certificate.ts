// Session Certificate: the Orchestrator's word that a public key speaks for one group, until a time, within caps.
import { CERTIFICATE_TTL_S, type GroupId, type OrgId } from "@acos/protocol";

import { readCaps, type Caps } from "./caps.ts";
import type { ClaimReader } from "./claim-reader.ts";
import type { SigningKey } from "./key-ring.ts";
import { parsePublicJwk, type PublicJwk } from "./public-key.ts";
import type { KeySource } from "./strict-token.ts";
import {
  issueToken,
  ORCHESTRATOR_ISSUER,
  verifyToken,
  type TokenKind,
  type TokenTimes,
} from "./token-kind.ts";
import { TrustError } from "./trust-error.ts";

/** Who verifies signed requests; one certificate per audience. */
export const CERTIFICATE_AUDIENCES = ["acos:agents-worker", "acos:sandbox-host"] as const;
export type CertificateAudience = (typeof CERTIFICATE_AUDIENCES)[number];

export interface SessionCertificateClaims {
  readonly audience: CertificateAudience;
  readonly org: OrgId;
  readonly group: GroupId;
  /** The session key's public half (`cnf.jwk`, RFC 7800). */
  readonly publicJwk: PublicJwk;
  /** Rises when a member is removed; a certificate of an earlier epoch is refused where a later one was seen. */
  readonly epoch: number;
  readonly caps: Caps;
}

export type SessionCertificate = SessionCertificateClaims & TokenTimes;

const SUBJECT = "session-certificate";

const SESSION_CERTIFICATE: TokenKind<SessionCertificateClaims> = {
  subject: SUBJECT,
  typ: "acos-cert+jwt",
  ttlS: CERTIFICATE_TTL_S,
  read: readCertificate,
};

/** Signs a certificate with the CA key, valid for CERTIFICATE_TTL_S. It does not check that the group exists. */
export function signSessionCertificate(
  claims: SessionCertificateClaims,
  caKey: SigningKey,
  nowMs: number,
): Promise<string> {
  const { audience, org, group, publicJwk, epoch, caps } = claims;
  const payload = {
    iss: ORCHESTRATOR_ISSUER,
    aud: audience,
    sub: `${org}/${group}`,
    org,
    group,
    cnf: { jwk: { ...publicJwk } },
    epoch,
    caps: { ...caps },
  };
  return issueToken(SESSION_CERTIFICATE, payload, { ...caKey, nowMs });
}

/**
 * Verifies a certificate for one audience. Throws TrustError. It does not check that the caller holds the session key
 * (the request signature does), nor that no later epoch exists beyond `minEpoch`.
 */
export async function verifySessionCertificate(
  certificate: string,
  keys: KeySource,
  expected: {
    readonly audience: CertificateAudience;
    readonly nowMs: number;
    readonly minEpoch?: number;
  },
): Promise<SessionCertificate> {
  const { audience, nowMs, minEpoch = 0 } = expected;
  const verified = await verifyToken(
    SESSION_CERTIFICATE,
    { token: certificate, keys },
    { issuer: ORCHESTRATOR_ISSUER, audience, nowMs },
  );
  if (verified.epoch < minEpoch) throw new TrustError(SUBJECT, "epoch");
  return verified;
}

function readCertificate(claims: ClaimReader): SessionCertificateClaims {
  const org = claims.id("org", "org");
  const group = claims.id("group", "group");
  if (claims.value("sub") !== `${org}/${group}`) throw claims.wrong("sub");
  return {
    audience: claims.oneOf("aud", CERTIFICATE_AUDIENCES),
    org,
    group,
    publicJwk: readConfirmation(claims),
    epoch: claims.count("epoch"),
    caps: readCaps(claims.inner("caps")),
  };
}

function readConfirmation(claims: ClaimReader): PublicJwk {
  const confirmation = claims.value("cnf");
  const names =
    typeof confirmation === "object" && confirmation !== null ? Object.keys(confirmation) : [];
  const jwk = names.join() === "jwk" ? parsePublicJwk(claims.inner("cnf").value("jwk")) : undefined;
  if (jwk === undefined) throw new TrustError(SUBJECT, "confirmation");
  return jwk;
}
