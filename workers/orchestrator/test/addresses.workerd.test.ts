// Addresses that members enter: what would never be called is refused at once, by the rules of the egress function.
import type { AgentView, Problem } from "@acos/protocol";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { Person, type Answer } from "./person.ts";
import { gauge, restart, type TestBindings } from "./worker.ts";

const { SSRF_URLS: urls, CI } = env as unknown as TestBindings;

let person: Person;
let org: string;

beforeEach(async () => {
  person = await Person.signUp();
  org = await person.org();
});
afterEach(() => {
  allowLocal(true);
});

function allowLocal(allowed: boolean): void {
  gauge.localEgress = allowed;
  restart();
}

const putProvider = (baseUrl: string): Promise<Answer<Problem>> =>
  person.api<Problem>("PUT", `/orgs/${org}/providers/p`, { kind: "openai-compatible", baseUrl });

const toolAt = (baseUrl: string) => ({
  type: "http",
  name: "desk",
  description: "",
  baseUrl,
  methods: ["GET"],
});

function makeAgent(...baseUrls: string[]): Promise<Answer<AgentView & Problem>> {
  return person.api("POST", `/orgs/${org}/agents`, {
    handle: `h${crypto.randomUUID().slice(0, 8)}`,
    name: "Helper",
    model: "rehearsal/rehearsal-1",
    tools: ["calculate", ...baseUrls.map(toolAt)],
  });
}

const codeOf = async (answer: Promise<Answer<Problem>>) => (await answer).body.code;

describe("a provider's base URL", () => {
  it.each([
    "https://models.example.org/v1",
    "https://models.example.org:8443/",
    "https://8.8.8.8/v1",
    "https://[2606:4700::1111]/",
    "http://localhost:11434/v1",
    "http://192.168.1.20:8000/v1",
    "http://desk.internal:9000/v1",
  ])("[PR4] may be %s", async (baseUrl) => {
    expect((await putProvider(baseUrl)).status).toBe(200);
  });

  it.each([
    ["http://models.example.org/v1", "invalid_request"],
    ["http://8.8.8.8/v1", "invalid_request"],
    ["https://models.example.org/v1?", "invalid_request"],
    ["https://models.example.org/v1#", "invalid_request"],
    ["https://user@models.example.org/", "invalid_request"],
    ["https://models.example.org:22/", "forbidden_address"],
    ["http://169.254.169.254/v1", "forbidden_address"],
    ["http://metadata.google.internal/v1", "forbidden_address"],
    ["http://[fd00:ec2::254]/v1", "forbidden_address"],
    ["http://0.0.0.0:11434/v1", "forbidden_address"],
    ["https://10.0.0.1.nip.io/", "forbidden_address"],
  ])("[PR4] may not be %s, though local addresses are allowed", async (baseUrl, code) => {
    const { status, body } = await putProvider(baseUrl);
    expect([status, body.code]).toEqual([code === "invalid_request" ? 400 : 403, code]);
    expect(body.details).toEqual([{ field: "baseUrl", problem: body.message }]);
  });

  it("[PR4] may not be local where the operator does not allow it, unless it is listed", async () => {
    allowLocal(false);
    expect(await codeOf(putProvider("http://localhost:11434/v1"))).toBe("forbidden_address");
    expect(await codeOf(putProvider("https://192.168.1.20/v1"))).toBe("forbidden_address");
    expect((await putProvider("http://desk.internal:9000/v1")).status).toBe(200);
  });
});

describe("a tool's base URL", () => {
  it("[AV10] is judged when an agent is made, and the field is named", async () => {
    const refused = await makeAgent("https://api.example.org/", "http://127.0.0.1:8080/");
    expect([refused.status, refused.body.code]).toEqual([403, "forbidden_address"]);
    expect(refused.body.details).toEqual([
      { field: "tools.2.baseUrl", problem: refused.body.message },
    ]);
    expect(refused.body.message).toContain("EGRESS_ALLOW");
    expect((await makeAgent("https://api.example.org/", "http://example.org/")).status).toBe(201);
    expect((await makeAgent("http://desk.internal:9000/api")).status).toBe(201);
    expect(await codeOf(makeAgent("http://desk.internal:9001/api"))).toBe("forbidden_address");
    expect(await codeOf(makeAgent("https://user:word@example.org/"))).toBe("forbidden_address");
  });

  it("[AV10] is judged when an agent's tools change, and not when something else does", async () => {
    const { id } = (await makeAgent("https://api.example.org/")).body;
    const patch = (said: object) => person.api<AgentView & Problem>("PATCH", `/agents/${id}`, said);
    const refused = await patch({ tools: [toolAt("http://10.0.0.1/")] });
    expect([refused.body.code, refused.body.details]).toEqual([
      "forbidden_address",
      [{ field: "tools.0.baseUrl", problem: refused.body.message }],
    ]);
    expect((await patch({ name: "Other" })).body.version).toBe(2);
    const restored = await person.api<AgentView>("POST", `/agents/${id}/versions/1/restore`);
    expect(restored.body.version).toBe(3);
  });
});

describe("the attack list", () => {
  if (urls.length === 0) {
    it("VECTORS LEFT OUT: ssrf.json", () => {
      if (CI === "true") throw new Error("CI must have ../shared/vectors/ssrf.json");
      console.warn("*** ssrf.json: vectors left out, nothing was tested with them ***");
    });
    return;
  }

  const REFUSED = ["forbidden_address", "invalid_request"];

  it("[PR6] becomes no provider's base URL", async () => {
    allowLocal(false);
    const open: string[] = [];
    // Over https too, so that nothing is refused for being sent in clear alone.
    for (const url of urls.flatMap((one) => [one, one.replace(/^http:/, "https:")]))
      if (!REFUSED.includes(await codeOf(putProvider(url)))) open.push(url);
    expect(urls.length).toBeGreaterThan(300);
    expect(open).toEqual([]);
  });

  it("[PR6] becomes no tool's base URL", async () => {
    const open: string[] = [];
    for (const url of urls) if (!REFUSED.includes(await codeOf(makeAgent(url)))) open.push(url);
    expect(open).toEqual([]);
  });
});
