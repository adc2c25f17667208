// The socket handshake and the certificate authority: who may open a socket, what the group is told, what a group is given.
import {
  CERTIFICATE_TTL_S,
  type CertificateAuthorityControl,
  type GroupId,
  type OrgId,
  type Problem,
  type RoutingTokenAnswer,
} from "@acos/protocol";
import { KeyRing, verifySessionCertificate } from "@acos/trust";
import { exports } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";

import { knock, Person } from "./person.ts";
import { gauge } from "./worker.ts";

let person: Person;
let group: string;
let org: string;

beforeAll(async () => {
  person = await Person.signUp();
  ({ id: group, org } = await person.welcome());
});

async function freshToken(): Promise<RoutingTokenAnswer> {
  return (await person.api<RoutingTokenAnswer>("POST", `/groups/${group}/token`)).body;
}

interface Handed {
  readonly claims: {
    readonly user: string;
    readonly name: string;
    readonly jti: string;
    readonly exp: number;
  };
  readonly url: string;
  readonly headers: readonly string[];
}

async function open(path: string, headers: Record<string, string> = {}): Promise<Response> {
  return knock(path, { headers: { upgrade: "websocket", ...headers } });
}

async function firstFrame(response: Response): Promise<Handed> {
  const { webSocket } = response;
  if (!webSocket) throw new Error(`no socket: ${response.status} ${await response.text()}`);
  const frame = new Promise<string>((resolve) =>
    webSocket.addEventListener("message", ({ data }) => resolve(data as string)),
  );
  webSocket.accept();
  const handed = JSON.parse(await frame) as Handed;
  webSocket.close();
  return handed;
}

const codeOf = async (response: Response) => (await response.json<Problem>()).code;
const path = () => `/ws/groups/${group}`;

describe("routing tokens", () => {
  it("[HS1] a member gets one with the address to open", async () => {
    const token = await freshToken();
    expect(token).toMatchObject({ token_type: "routing", expires_in: 60 });
    expect(token.ws_url).toBe(`ws://localhost:8787/ws/groups/${group}`);
  });
});

describe("the handshake", () => {
  it("[HS2] opens a socket by ?token= without the database; the group gets the claims and neither token nor cookie", async () => {
    const { routing_token } = await freshToken();
    gauge.databaseCalls = 0;
    const response = await open(`${path()}?token=${routing_token}`, {
      cookie: "acos.session_token=x",
      "acos-connection": "forged",
    });
    expect(response.status).toBe(101);
    expect(response.headers.get("sec-websocket-protocol")).toBeNull();
    const { claims, url, headers } = await firstFrame(response);
    expect(gauge.databaseCalls).toBe(0);
    expect(claims).toMatchObject({ user: (await person.me()).user.id, name: person.name });
    expect(claims.exp * 1000).toBeGreaterThan(Date.now());
    expect(url).not.toContain("token");
    expect(headers).not.toContain("cookie");
    expect(headers).not.toContain("sec-websocket-protocol");
  });

  it("[HS3] opens a socket by subprotocol and chooses acos.v1", async () => {
    const { routing_token } = await freshToken();
    const response = await open(path(), {
      "sec-websocket-protocol": `acos.v1, acos.token.${routing_token}`,
    });
    expect(response.headers.get("sec-websocket-protocol")).toBe("acos.v1");
    expect((await firstFrame(response)).claims.user).toBe((await person.me()).user.id);
  });

  it("[HS4] passes on the group's refusal of a used token", async () => {
    const { routing_token } = await freshToken();
    await firstFrame(await open(`${path()}?token=${routing_token}`));
    const again = await open(`${path()}?token=${routing_token}`);
    expect([again.status, await codeOf(again)]).toEqual([401, "used_token"]);
  });

  it("[HS5] refuses a missing, garbled or foreign token, and one of another kind", async () => {
    const { routing_token } = await freshToken();
    const other = `/ws/groups/grp_${"0".repeat(26)}?token=${routing_token}`;
    const access = person.cookies.get("acos_access") ?? "";
    for (const address of [path(), `${path()}?token=x`, other, `${path()}?token=${access}`]) {
      const response = await open(address);
      expect([address.length, response.status]).toEqual([address.length, 401]);
      expect(await codeOf(response)).toBe("invalid_token");
    }
    const flipped = routing_token.slice(0, -2) + (routing_token.endsWith("AA") ? "BA" : "AA");
    expect((await open(`${path()}?token=${flipped}`)).status).toBe(401);
  });

  it("[HS6] refuses other websites, plain requests and addresses of no group", async () => {
    const { routing_token } = await freshToken();
    const address = `${path()}?token=${routing_token}`;
    expect(await codeOf(await open(address, { origin: "http://evil.example" }))).toBe(
      "forbidden_origin",
    );
    expect(await codeOf(await knock(address))).toBe("upgrade_required");
    expect(await codeOf(await open("/ws/groups/nonsense"))).toBe("not_found");
    const own = await open(address, { origin: "http://127.0.0.1:8787" });
    expect((await firstFrame(own)).claims.user).toBe((await person.me()).user.id);
  });
});

describe("the certificate authority", () => {
  const authority = (exports as unknown as { CertificateAuthority: CertificateAuthorityControl })
    .CertificateAuthority;

  it("[CA1] gives a group a fresh key and a certificate for it that the public keys verify", async () => {
    const subject = { group: group as GroupId, org: org as OrgId, epoch: 3 };
    const [one, other] = [await authority.issue(subject), await authority.issue(subject)];
    if (!one.ok || !other.ok) throw new Error("refused");
    expect(one.value.keyId).not.toBe(other.value.keyId);
    const ring = await KeyRing.fromJwks(await (await knock("/.well-known/jwks.json")).json());
    const expected = { audience: "acos:agents-worker", nowMs: Date.now() } as const;
    const verified = await verifySessionCertificate(one.value.certificate, ring, expected);
    expect(verified).toMatchObject({ group, org, epoch: 3 });
    expect(verified.publicJwk.x).toBe(one.value.privateJwk["x"]);
    const lifeMs = one.value.expiresAt - one.value.issuedAt;
    expect(Math.abs(lifeMs - CERTIFICATE_TTL_S * 1000)).toBeLessThan(1000);
    expect(verified.expiresAtMs).toBe(one.value.expiresAt);
  });

  it("[CA2] refuses a subject that is no group", async () => {
    const subject = { group: "x" as GroupId, org: org as OrgId, epoch: 0 };
    expect(await authority.issue(subject)).toMatchObject({ ok: false });
  });

  it("[CA3] neither the authority nor the records are on the public face", async () => {
    for (const address of ["/agent-versions/x/1", "/provider-versions/x/y/1", "/issue"])
      expect((await knock(address)).status).toBe(404);
  });
});
