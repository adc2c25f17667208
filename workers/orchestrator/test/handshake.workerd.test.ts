// The socket handshake and the certificate authority: who may open a socket, what the group is told, what a group is given.
import {
  CERTIFICATE_TTL_S,
  makeId,
  type CertificateAuthorityControl,
  type GroupId,
  type OrgId,
  type Problem,
  type RoutingTokenAnswer,
} from "@acos/protocol";
import { KeyRing, verifySessionCertificate } from "@acos/trust";
import { env } from "cloudflare:test";
import { exports } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";

import { readSandboxCaps, readSpendingCaps } from "../src/certificate-caps.ts";
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

describe("a terminal's socket", () => {
  const sandbox = `sbx_${"1".repeat(26)}`;
  const at = (below: string) => `/ws/groups/${group}/sandboxes/${below}`;

  it("[HS8] opens with the group's routing token; the group gets claims and the terminal, and nothing the client sent", async () => {
    const { routing_token } = await freshToken();
    const address = at(`${sandbox}/terminals/t_1`);
    const response = await open(address, {
      "sec-websocket-protocol": `acos.v1, acos.token.${routing_token}`,
      cookie: "acos.session_token=x",
    });
    expect(response.headers.get("sec-websocket-protocol")).toBe("acos.v1");
    const { claims, url, headers } = await firstFrame(response);
    expect(url).toBe(`https://group.internal/sandboxes/${sandbox}/terminals/t_1`);
    expect(claims.user).toBe((await person.me()).user.id);
    expect(headers).not.toContain("cookie");
    const again = await open(`${address}?token=${routing_token}`);
    expect([again.status, await codeOf(again)]).toEqual([401, "used_token"]);
  });

  it("[HS8] is refused like the group's own: no token, another website, no upgrade, no such place", async () => {
    const { routing_token } = await freshToken();
    const address = `${at(`${sandbox}/terminals/t`)}?token=${routing_token}`;
    expect(await codeOf(await open(at(`${sandbox}/terminals/t`)))).toBe("invalid_token");
    const elsewhere = await open(address, { origin: "http://evil.example" });
    expect(await codeOf(elsewhere)).toBe("forbidden_origin");
    expect(await codeOf(await knock(address))).toBe("upgrade_required");
    for (const below of [`${sandbox}/terminals/a%2Fb`, "sbx_1/terminals/t", `${sandbox}/procs/t`])
      expect([below, await codeOf(await open(at(below)))]).toEqual([below, "not_found"]);
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

  async function capsOf(of: string) {
    const subject = { group: of as GroupId, org: org as OrgId, epoch: 1 };
    const issued = await authority.issue(subject);
    if (!issued.ok) throw new Error(issued.problem.message);
    const ring = await KeyRing.fromJwks(await (await knock("/.well-known/jwks.json")).json());
    const expected = { audience: "acos:agents-worker", nowMs: Date.now() } as const;
    return (await verifySessionCertificate(issued.value.certificate, ring, expected)).caps;
  }

  const agentNamed = async (handle: string) =>
    (
      await person.api<{ id: string }>("POST", `/orgs/${org}/agents`, {
        handle,
        name: handle,
        model: "rehearsal/rehearsal-1",
      })
    ).body.id;

  it("[CA4] a certificate names the agents that the group has, as they come and go", async () => {
    const [ada, grace] = [await agentNamed("ada"), await agentNamed("grace")];
    const made = await person.api<{ id: string }>("POST", `/orgs/${org}/groups`, {
      name: "Three",
      agents: [{ id: ada }],
    });
    const { id } = made.body;
    expect((await capsOf(id)).agents).toEqual([ada]);
    await person.api("PUT", `/groups/${id}/members/${grace}`, {});
    expect((await capsOf(id)).agents?.toSorted()).toEqual([ada, grace].toSorted());
    await person.api("DELETE", `/groups/${id}/members/${ada}`);
    expect((await capsOf(id)).agents).toEqual([grace]);
  });

  it("[CA4] a group with more agents than a certificate can name is not limited to some of them", async () => {
    const { DB } = env as unknown as { readonly DB: D1Database };
    const many = makeId("group", 1, new Uint8Array(10));
    const rows = Array.from({ length: 65 }, (_, place) =>
      DB.prepare("INSERT INTO group_agent (group_id, agent_id) VALUES (?, ?)").bind(
        many,
        makeId("agent", place, new Uint8Array(10)),
      ),
    );
    await DB.batch(rows.slice(0, 64));
    expect((await capsOf(many)).agents).toHaveLength(64);
    await DB.batch(rows.slice(64));
    expect(await capsOf(many)).not.toHaveProperty("agents");
  });

  it("[CA5] a certificate caps tokens and money of a turn, and turns, tokens and money of its life", async () => {
    const { agents: _, ...numbers } = await capsOf(group);
    expect(numbers).toEqual({
      maxTokensPerTurn: 1_000_000,
      maxCostPerTurn: 5_000_000,
      maxTurns: 10_000,
      maxTokens: 200_000_000,
      maxCost: 100_000_000,
    });
  });

  it("[CA5] the operator may set each number, and hears of one that is none", () => {
    expect(
      readSpendingCaps({ TURN_MAX_DOLLARS: "0.25", CERTIFICATE_MAX_TURNS: " 7 " }),
    ).toMatchObject({ maxCostPerTurn: 250_000, maxTurns: 7, maxCost: 100_000_000 });
    for (const wrong of ["0", "-1", "many", "1e400"])
      expect(() => readSpendingCaps({ CERTIFICATE_MAX_TOKENS: wrong })).toThrow(
        /CERTIFICATE_MAX_TOKENS must be a number above 0/,
      );
  });

  it("[CA6] a certificate for a Sandbox Host says how many sandboxes may run, and nothing else", async () => {
    const audience = "acos:sandbox-host";
    const subject = { group: group as GroupId, org: org as OrgId, epoch: 2, audience } as const;
    const issued = await authority.issue(subject);
    if (!issued.ok) throw new Error(issued.problem.message);
    const ring = await KeyRing.fromJwks(await (await knock("/.well-known/jwks.json")).json());
    const { certificate } = issued.value;
    const verify = (expected: Parameters<typeof verifySessionCertificate>[2]["audience"]) =>
      verifySessionCertificate(certificate, ring, { audience: expected, nowMs: Date.now() });
    expect((await verify(audience)).caps).toEqual({ maxSandboxes: 20 });
    await expect(verify("acos:agents-worker")).rejects.toThrow(/another audience/);
    expect(readSandboxCaps({ CERTIFICATE_MAX_SANDBOXES: "3" })).toEqual({ maxSandboxes: 3 });
    expect(() => readSandboxCaps({ CERTIFICATE_MAX_SANDBOXES: "none" })).toThrow(
      /CERTIFICATE_MAX_SANDBOXES must be/,
    );
  });

  it("[CA6] there is none for another audience", async () => {
    const audience = "acos:preview" as "acos:sandbox-host";
    const subject = { group: group as GroupId, org: org as OrgId, epoch: 0, audience };
    expect(await authority.issue(subject)).toMatchObject({ ok: false });
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
