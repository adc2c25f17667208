// Fixed keys, ids and times for tests: what a test does not name is here, and is valid.
import {
  makeId,
  type AgentId,
  type GroupId,
  type MemberId,
  type OrgId,
  type RunId,
  type SandboxId,
  type ToolCallId,
  type UserId,
} from "@acos/protocol";

import {
  KeyRing,
  createRequestGate,
  importSigningKey,
  publicJwks,
  signRequest,
  signSessionCertificate,
  type PrivateJwk,
  type RequestGate,
  type SessionCertificateClaims,
  type SignableRequest,
  type SigningKey,
} from "../src/index.ts";

/** 2027-01-15T08:00:00Z. */
export const NOW_MS = 1_800_000_000_000;
export const NOW_S: number = NOW_MS / 1000;

/** RFC 8037, appendix A: a key the whole world knows, so nobody takes it for a secret. */
export const CA_JWK: PrivateJwk = {
  kty: "OKP",
  crv: "Ed25519",
  x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
  d: "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
};
export const SESSION_JWK: PrivateJwk = {
  kty: "OKP",
  crv: "Ed25519",
  x: "SjVkrqBZSuQ5hpIj1_YMBUf6YJTvrV9fB4jrehmulWg",
  d: "BGUJUzmH7TdNahaMvEST8xSC6AoH11pgYWSuUoplvGk",
};
export const ATTACKER_JWK: PrivateJwk = {
  kty: "OKP",
  crv: "Ed25519",
  x: "s_z8FsHwe5W8m_OVSuGbLWCt9qgb33PAjusBqVWic-4",
  d: "o9agRoBBJaALZhVrRgKclWpRf8Rr8LqyfeKlYCsY3Mc",
};

const fixedBytes = (seed: number) => new Uint8Array(10).fill(seed);
export const ORG: OrgId = makeId("org", NOW_MS, fixedBytes(1));
export const OTHER_ORG: OrgId = makeId("org", NOW_MS, fixedBytes(2));
export const GROUP: GroupId = makeId("group", NOW_MS, fixedBytes(3));
export const OTHER_GROUP: GroupId = makeId("group", NOW_MS, fixedBytes(4));
export const USER: UserId = makeId("user", NOW_MS, fixedBytes(5));
export const RUN: RunId = makeId("run", NOW_MS, fixedBytes(6));
export const CALL: ToolCallId = makeId("toolCall", NOW_MS, fixedBytes(7));
export const AGENT: AgentId = makeId("agent", NOW_MS, fixedBytes(8));
export const OTHER_AGENT: AgentId = makeId("agent", NOW_MS, fixedBytes(9));

export const SANDBOX: SandboxId = makeId("sandbox", NOW_MS, fixedBytes(10));
export const OTHER_SANDBOX: SandboxId = makeId("sandbox", NOW_MS, fixedBytes(11));
export const MEMBER: MemberId = makeId("member", NOW_MS, fixedBytes(12));

export function publicHalf({ kty, crv, x }: PrivateJwk): { kty: "OKP"; crv: "Ed25519"; x: string } {
  return { kty, crv, x };
}

export const caKey = (): Promise<SigningKey> => importSigningKey(CA_JWK);
export const sessionKey = (): Promise<SigningKey> => importSigningKey(SESSION_JWK);
export const attackerKey = (): Promise<SigningKey> => importSigningKey(ATTACKER_JWK);
export const caRing = async (): Promise<KeyRing> => KeyRing.fromJwks(await publicJwks([CA_JWK]));

export const CERTIFICATE_CLAIMS: SessionCertificateClaims = {
  audience: "acos:agents-worker",
  org: ORG,
  group: GROUP,
  publicJwk: publicHalf(SESSION_JWK),
  epoch: 3,
  caps: { maxTokensPerTurn: 64_000, tools: ["calculate"] },
};

export async function certificateWith(
  claims: Partial<SessionCertificateClaims> = {},
  nowMs: number = NOW_MS,
): Promise<string> {
  return signSessionCertificate({ ...CERTIFICATE_CLAIMS, ...claims }, await caKey(), nowMs);
}

export const BODY: Uint8Array = new TextEncoder().encode('{"turn":1}');
export const TARGET = "https://agents.internal/turns?model=a%2fb&x=1&y=2";

export interface SignedFixture {
  readonly request: SignableRequest & { readonly headers: Headers };
  readonly gate: RequestGate;
}

/** A request as it arrives: signed at NOW_MS by the session key, with a gate that believes the CA. */
export async function signedRequest(
  signer: { certificate?: string; run?: RunId | null; nonce?: Uint8Array; key?: SigningKey } = {},
  body: Uint8Array = BODY,
): Promise<SignedFixture> {
  const headers = new Headers({ "content-type": "application/json" });
  const request = { method: "POST", url: TARGET, headers, body };
  const added = await signRequest(request, {
    ...(signer.key ?? (await sessionKey())),
    certificate: signer.certificate ?? (await certificateWith()),
    run: signer.run === undefined ? RUN : signer.run,
    nonce: signer.nonce ?? crypto.getRandomValues(new Uint8Array(16)),
    nowMs: NOW_MS,
  });
  for (const [name, value] of Object.entries(added)) headers.set(name, value);
  return { request, gate: createRequestGate("acos:agents-worker", await caRing()) };
}

/** A copy of a request with some header fields set, or removed when null. */
export function withHeaders(
  fixture: SignedFixture["request"],
  fields: Readonly<Record<string, string | null>>,
): SignedFixture["request"] {
  const headers = new Headers(fixture.headers);
  for (const [name, value] of Object.entries(fields))
    if (value === null) headers.delete(name);
    else headers.set(name, value);
  return { ...fixture, headers };
}

/** The reason a verification was refused for, or "accepted". */
export async function reasonOf(verification: Promise<unknown>): Promise<string> {
  try {
    await verification;
    return "accepted";
  } catch (error) {
    return String((error as { reason?: string }).reason ?? error);
  }
}
