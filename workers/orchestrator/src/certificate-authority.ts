// The CA: makes a group's Session Key pair and the Session Certificate for it, over a service binding and nowhere else.
import {
  CERTIFICATE_TTL_S,
  isId,
  problem,
  type CertificateAuthorityControl,
  type GroupId,
  type OrgId,
  type Result,
  type SessionCredentials,
} from "@acos/protocol";
import { generateKeyPair, signSessionCertificate } from "@acos/trust";
import { WorkerEntrypoint } from "cloudflare:workers";

import { coveredAgents } from "./certificate-caps.ts";
import { controlPlaneOf } from "./open-control-plane.ts";
import type { Bindings } from "./env.ts";
import { logError } from "./log.ts";

/** Entrypoint bound by the Group Controller as AUTHORITY. Whoever holds that binding is trusted to be it. */
export class CertificateAuthority
  extends WorkerEntrypoint<Bindings>
  implements CertificateAuthorityControl
{
  /**
   * Issues a fresh key pair and its certificate for the Agents Worker; it covers the agents that the group has by now. Times
   * are milliseconds since the epoch.
   */
  async issue(subject: {
    group: GroupId;
    org: OrgId;
    epoch: number;
  }): Promise<Result<SessionCredentials>> {
    if (!isId("group", subject.group) || !isId("org", subject.org))
      return {
        ok: false,
        problem: problem("invalid_request", "A certificate needs a group and its org."),
      };
    try {
      return { ok: true, value: await issueCredentials(this.env, subject) };
    } catch (error) {
      logError("a session certificate could not be issued", error, { group: subject.group });
      const words = "The certificate authority failed. Ask again in a moment.";
      return { ok: false, problem: problem("unavailable", words) };
    }
  }

  /** The public halves of the keys, for groups that verify routing tokens themselves. Throws when nothing is set up. */
  async publicKeys(): ReturnType<CertificateAuthorityControl["publicKeys"]> {
    const { keys } = await controlPlaneOf(this.env);
    return { keys: keys.jwks.keys.map((key) => ({ ...key })) };
  }
}

async function issueCredentials(
  bindings: Bindings,
  { group, org, epoch }: { group: GroupId; org: OrgId; epoch: number },
): Promise<SessionCredentials> {
  const { keys, clock, db, settings, audit } = await controlPlaneOf(bindings);
  const agents = await coveredAgents(db, group);
  const { privateJwk, publicJwk, kid } = await generateKeyPair();
  const issuedAt = clock.now();
  const claims = {
    audience: "acos:agents-worker",
    org,
    group,
    publicJwk,
    epoch,
    caps: { ...settings.caps, ...(agents && { agents }) },
  } as const;
  const certificate = await signSessionCertificate(claims, keys.signing, issuedAt);
  const expiresAt = Math.floor(issuedAt / 1000) * 1000 + CERTIFICATE_TTL_S * 1000;
  const note = { kind: "certificate-issued", actor: group, details: { epoch } } as const;
  audit.noteLater(note, async () => ({ chains: [org] }));
  return { privateJwk: { ...privateJwk }, keyId: kid, certificate, issuedAt, expiresAt };
}
