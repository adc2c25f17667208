// A Worker around @acos/trust alone: signs requests as a group would, verifies them as the Agents Worker does, and tries
// forgeries. It has no bindings, so whatever it does it does by CPU. Its clock is set by the caller.
import type { GroupId, OrgId, RunId } from "@acos/protocol";
import {
  createRequestGate,
  generateKeyPair,
  importSigningKey,
  KeyRing,
  publicJwks,
  signRequest,
  signSessionCertificate,
  TrustError,
  verifySignedRequest,
  type KeyPair,
  type RequestGate,
  type SignableRequest,
} from "@acos/trust";

const AUDIENCE = "acos:agents-worker";
const URL_OF_TURNS = "https://agents.internal/turns";
/** Fixed: times are arguments in `trust`, and a benchmark must not expire. */
const NOW_MS = 1_800_000_000_000;
/** A briefing of a long window. */
const BODY_BYTES = 20_000;
const ORG = "org_01hf7yat00abcdefghjkmnpqrs" as OrgId;
const GROUP = "grp_01hf7yat00abcdefghjkmnpqrs" as GroupId;
const RUN = "run_01hf7yat00abcdefghjkmnpqrs" as RunId;

interface Signed extends SignableRequest {
  readonly headers: Headers;
}

interface Parties {
  readonly ring: KeyRing;
  /** A signed request; each has a nonce of its own. */
  readonly signed: () => Promise<Signed>;
}

async function makeParties(known?: KeyRing): Promise<Parties> {
  const authority = await generateKeyPair();
  const ring = known ?? (await KeyRing.fromJwks(await publicJwks([authority.privateJwk])));
  const session = await generateKeyPair();
  const certificate = await certify(authority, session);
  const key = await importSigningKey(session.privateJwk);
  const body = new TextEncoder().encode(JSON.stringify({ text: "x".repeat(BODY_BYTES) }));
  const signed = async () => {
    const headers = new Headers({ "content-type": "application/json" });
    const request = { method: "POST", url: URL_OF_TURNS, headers, body };
    const nonce = crypto.getRandomValues(new Uint8Array(16));
    const signer = { ...key, certificate, run: RUN, nonce, nowMs: NOW_MS };
    const added = await signRequest(request, signer);
    for (const [name, value] of Object.entries(added)) headers.set(name, value);
    return request;
  };
  return { ring, signed };
}

async function certify(authority: KeyPair, session: KeyPair): Promise<string> {
  const claims = {
    audience: AUDIENCE,
    org: ORG,
    group: GROUP,
    publicJwk: session.publicJwk,
    epoch: 1,
    caps: {},
  } as const;
  return signSessionCertificate(claims, await importSigningKey(authority.privateJwk), NOW_MS);
}

let parties: Parties | undefined;
let prepared: Signed[] = [];

/** Verifies everything that was prepared; with `fresh`, every one on a gate that has cached nothing. */
async function verifyAll(fresh: boolean): Promise<number> {
  const { ring } = (parties ??= await makeParties());
  const kept = createRequestGate(AUDIENCE, ring);
  for (const request of prepared)
    await verifySignedRequest(request, fresh ? createRequestGate(AUDIENCE, ring) : kept, NOW_MS);
  return prepared.length;
}

type Attack = (request: Signed, gate: RequestGate) => Promise<unknown>;

const changed = (request: Signed, name: string, change: (value: string) => string): Signed => {
  const headers = new Headers(request.headers);
  headers.set(name, change(headers.get(name) ?? ""));
  return { ...request, headers };
};
const flip = (text: string) =>
  text.replace(/[A-Za-z]/g, (letter, at) => (at === 12 ? "-" : letter));

/** Each must be refused. `later` and `past` move the verifier's clock, the others the request. */
const ATTACKS: Readonly<Record<string, Attack>> = {
  "signature of other bytes": (request, gate) =>
    verifySignedRequest(
      changed(
        request,
        "signature",
        (text) => `sig1=:${text.slice(6).split("").toReversed().join("").slice(1)}:`,
      ),
      gate,
      NOW_MS,
    ),
  "body changed": (request, gate) =>
    verifySignedRequest({ ...request, body: request.body.with(9, 0) }, gate, NOW_MS),
  "other run": (request, gate) =>
    verifySignedRequest(
      changed(request, "acos-run", (run) => run.replace(/.$/, "0")),
      gate,
      NOW_MS,
    ),
  "certificate changed": (request, gate) =>
    verifySignedRequest(changed(request, "acos-certificate", flip), gate, NOW_MS),
  "other target": (request, gate) =>
    verifySignedRequest({ ...request, url: `${URL_OF_TURNS}/x` }, gate, NOW_MS),
  replayed: async (request, gate) => {
    await verifySignedRequest(request, gate, NOW_MS);
    return verifySignedRequest(request, gate, NOW_MS);
  },
  "request expired": (request, gate) => verifySignedRequest(request, gate, NOW_MS + 60_000),
  "certificate expired": (request, gate) => verifySignedRequest(request, gate, NOW_MS + 3_600_000),
  "another authority": async (_request, gate) =>
    verifySignedRequest(await (await makeParties(gate.ring)).signed(), gate, NOW_MS),
};

async function attack(): Promise<{ accepted: string[]; refused: string[] }> {
  const { ring, signed } = (parties ??= await makeParties());
  const accepted: string[] = [];
  const refused: string[] = [];
  for (const [name, attempt] of Object.entries(ATTACKS)) {
    const request = await signed();
    try {
      await attempt(request, createRequestGate(AUDIENCE, ring));
      accepted.push(name);
    } catch (error) {
      if (!(error instanceof TrustError)) throw error;
      refused.push(name);
    }
  }
  return { accepted, refused };
}

async function prepare(count: number): Promise<number> {
  const { signed } = (parties ??= await makeParties());
  prepared = [];
  while (prepared.length < count) prepared.push(await signed());
  return prepared.length;
}

export default {
  async fetch(request: Request, env: object): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/prepare")
      return Response.json(await prepare(Number(searchParams.get("count"))));
    if (pathname === "/verify")
      return Response.json(await verifyAll(searchParams.get("fresh") === "true"));
    if (pathname === "/bindings") return Response.json(Object.keys(env));
    return Response.json(await attack());
  },
};
