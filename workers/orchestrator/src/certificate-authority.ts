// The CA: makes a group's Session Key pair and the Session Certificate for it, over a service binding and nowhere else.
import {
  CERTIFICATE_TTL_S,
  isId,
  problem,
  type CertificateAuthorityControl,
  type Result,
  type SessionCredentials,
} from "@acos/protocol";
import {
  CERTIFICATE_AUDIENCES,
  generateKeyPair,
  signSessionCertificate,
  type Caps,
  type CertificateAudience,
} from "@acos/trust";
import { WorkerEntrypoint } from "cloudflare:workers";

import { coveredAgents } from "./certificate-caps.ts";
import type { ControlPlane } from "./control-plane.ts";
import type { Bindings } from "./env.ts";
import { controlPlaneOf } from "./open-control-plane.ts";
import { logError } from "./log.ts";

/** Entrypoint bound by the Group Controller as AUTHORITY. Whoever holds that binding is trusted to be it. */
export class CertificateAuthority
  extends WorkerEntrypoint<Bindings>
  implements CertificateAuthorityControl
{
  /**
   * Issues a fresh key pair and its certificate. For the Agents Worker, the audience where none is named, it covers the agents
   * that the group has by now; for a Sandbox Host it says how many sandboxes may run. Times are milliseconds since the epoch.
   */
  async issue(subject: CertificateSubject): Promise<Result<SessionCredentials>> {
    if (!isId("group", subject.group) || !isId("org", subject.org)) return refusal(NO_GROUP);
    if (!CERTIFICATE_AUDIENCES.some((known) => known === audienceOf(subject)))
      return refusal(NO_AUDIENCE);
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

const NO_GROUP = "A certificate needs a group and its org.";
const NO_AUDIENCE = "A certificate is for the Agents Worker or for a Sandbox Host.";

function refusal(words: string): Result<never> {
  return { ok: false, problem: problem("invalid_request", words) };
}

type CertificateSubject = Parameters<CertificateAuthorityControl["issue"]>[0];

function audienceOf({ audience = "acos:agents-worker" }: CertificateSubject): CertificateAudience {
  return audience;
}

async function capsOf(
  { db, settings }: ControlPlane,
  { group }: CertificateSubject,
  audience: CertificateAudience,
): Promise<Caps> {
  if (audience === "acos:sandbox-host") return settings.sandboxCaps;
  const agents = await coveredAgents(db, group);
  return { ...settings.caps, ...(agents && { agents }) };
}

async function issueCredentials(
  bindings: Bindings,
  subject: CertificateSubject,
): Promise<SessionCredentials> {
  const plane = await controlPlaneOf(bindings);
  const { keys, clock, audit } = plane;
  const { group, org, epoch } = subject;
  const audience = audienceOf(subject);
  const caps = await capsOf(plane, subject, audience);
  const { privateJwk, publicJwk, kid } = await generateKeyPair();
  const issuedAt = clock.now();
  const claims = { audience, org, group, publicJwk, epoch, caps };
  const certificate = await signSessionCertificate(claims, keys.signing, issuedAt);
  const expiresAt = Math.floor(issuedAt / 1000) * 1000 + CERTIFICATE_TTL_S * 1000;
  const note = { kind: "certificate-issued", actor: group, details: { epoch, audience } } as const;
  audit.noteLater(note, async () => ({ chains: [org] }));
  return { privateJwk: { ...privateJwk }, keyId: kid, certificate, issuedAt, expiresAt };
}
