// Secrets of an org: what goes in comes out sealed only, for its hosts and groups, and never by REST.
import {
  sealedRecordSchema,
  type AgentView,
  type Problem,
  type SealedRecord,
  type SecretView,
} from "@acos/protocol";
import { openDataKey, openSecret, parseMasterKeys } from "@acos/trust";
import { env, exports } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";

import { Person } from "./person.ts";
import type { TestBindings } from "./worker.ts";

const bindings = env as unknown as TestBindings;
const { AgentRecords } = exports as unknown as { readonly AgentRecords: Fetcher };
const VALUE = "desk-token-0123456789";
const HOSTS = ["api.example.com"];

let person: Person;
let org: string;
let group: string;

beforeEach(async () => {
  person = await Person.signUp();
  ({ id: group, org } = await person.welcome());
});

const put = (said: object = {}, name = "desk") =>
  person.api<SecretView & Problem>("PUT", `/orgs/${org}/secrets/${name}`, {
    value: VALUE,
    hosts: HOSTS,
    ...said,
  });
const list = async () =>
  (await person.api<{ items: SecretView[] }>("GET", `/orgs/${org}/secrets`)).body.items;
const read = (path: string) => AgentRecords.fetch(`https://orchestrator.internal${path}`);
const granted = (to = group, name = "desk") => read(`/groups/${to}/secrets/${org}/${name}`);

async function opened(response: Response): Promise<string> {
  const { sealed, name, version, ...stored } = sealedRecordSchema.parse(await response.json());
  const wrapped = { org: stored.org, version: sealed.dataKey, wrapped: stored.dataKey };
  const dataKey = await openDataKey(await parseMasterKeys(bindings.MASTER_KEY!), wrapped);
  return openSecret(dataKey, { name, version, sealed });
}

describe("a secret", () => {
  it("[SE1] goes in, is listed without its value, and lies in the database sealed only", async () => {
    const { status, body } = await put();
    expect([status, body]).toMatchObject([
      200,
      { name: "desk", version: 1, hosts: HOSTS, groups: "all" },
    ]);
    const listed = await list();
    expect(listed).toEqual([body]);
    expect(JSON.stringify(listed)).not.toContain(VALUE);
    const { results } = await bindings.DB.prepare("SELECT * FROM secret").all();
    expect(results.length).toBeGreaterThan(0);
    expect(JSON.stringify(results)).not.toContain(VALUE);
  });

  it("[SE2] reaches the Agents Worker sealed, and opens with the master key", async () => {
    await put();
    const response = await granted();
    const text = await response.clone().text();
    expect(text).not.toContain(VALUE);
    expect((JSON.parse(text) as SealedRecord).hosts).toEqual(HOSTS);
    expect(await opened(response)).toBe(VALUE);
  });

  it("[SE3] of named groups is there for these groups only", async () => {
    await put({ groups: [group] });
    expect((await granted()).status).toBe(200);
    const made = await person.api<{ id: string }>("POST", `/orgs/${org}/groups`, { name: "Other" });
    expect((await granted(made.body.id)).status).toBe(404);
    expect((await granted(group, "other")).status).toBe(404);
    expect((await put({ groups: ["grp_01hf7yat00abcdefghjkmnpqrs"] })).body.message).toContain(
      "no group grp_01hf7yat00abcdefghjkmnpqrs",
    );
  });

  it("[SE4] a new value is a new version, and the old one is gone", async () => {
    await put();
    expect((await put({ value: "another-token-9876" })).body.version).toBe(2);
    expect(await opened(await granted())).toBe("another-token-9876");
    const { results } = await bindings.DB.prepare(
      "SELECT version, sealed FROM secret WHERE org_id = ? AND name = 'desk' ORDER BY version",
    )
      .bind(org)
      .all<{ version: number; sealed: string | null }>();
    expect(results.map(({ version, sealed }) => [version, sealed === null])).toEqual([
      [1, true],
      [2, false],
    ]);
  });

  it("[SE5] a kept value goes to no new host; fewer hosts and other groups need no value", async () => {
    await put({ hosts: ["api.example.com", "eu.example.com"] });
    const wider = await put({ value: undefined, hosts: ["api.example.com", "evil.example"] });
    expect(wider.body).toMatchObject({ code: "invalid_request" });
    expect(wider.body.message).toContain("send the value again");
    const narrower = await put({ value: undefined, hosts: ["eu.example.com"], groups: [group] });
    expect(narrower.body).toMatchObject({ version: 2, hosts: ["eu.example.com"], groups: [group] });
    expect(await opened(await granted())).toBe(VALUE);
    expect((await put({ value: undefined }, "unknown")).body.message).toContain("needs its value");
  });

  it("[SE6] a deleted one is gone with its value, and its numbers are not used again", async () => {
    await put();
    expect((await person.api("DELETE", `/orgs/${org}/secrets/desk`)).status).toBe(204);
    expect((await person.api("DELETE", `/orgs/${org}/secrets/desk`)).status).toBe(404);
    expect([await list(), (await granted()).status]).toEqual([[], 404]);
    expect((await put()).body.version).toBe(2);
  });

  it.each([
    ["a value of seven characters", { value: "short-7" }],
    ["a value with a line end", { value: "two\nlines-of-it" }],
    ["no host", { hosts: [] }],
    ["a host with a scheme", { hosts: ["https://api.example.com"] }],
    ["a host with a star", { hosts: ["*.example.com"] }],
    ["an unknown field", { scope: "all" }],
  ])("[SE7] with %s is refused and not quoted", async (_what, said) => {
    const { status, body } = await put(said);
    expect([status, body.code]).toEqual([400, "invalid_request"]);
    expect(JSON.stringify(body)).not.toContain("lines-of-it");
  });

  it("[SE7] has a name of letters, digits and hyphens: a provider's key is out of reach", async () => {
    for (const name of ["Desk", "a--b", "provider%2Facme", "x".repeat(65)])
      expect((await put({}, name)).body.code).toBe("invalid_request");
    await person.api("PUT", `/orgs/${org}/providers/acme`, { kind: "openai", apiKey: VALUE });
    expect(await list()).toEqual([]);
    expect((await granted(group, "provider%2Facme")).status).toBe(404);
    expect((await person.api("DELETE", `/orgs/${org}/secrets/provider%2Facme`)).status).toBe(404);
  });
});

describe("a tool that asks for a secret", () => {
  const tool = (secret: string, baseUrl = "https://api.example.com/v1") => ({
    handle: "desk",
    name: "Desk",
    model: "rehearsal/rehearsal-1",
    tools: [
      {
        type: "http",
        name: "desk",
        description: "The desk.",
        baseUrl,
        methods: ["GET"],
        headers: { authorization: `Bearer {{secret:${secret}}}` },
      },
    ],
  });
  const make = (said: object) =>
    person.api<AgentView & Problem>("POST", `/orgs/${org}/agents`, said);

  it("[SE8] is taken when the secret is there and may go to its host", async () => {
    await put();
    expect((await make(tool("desk"))).status).toBe(201);
  });

  it("[SE8] is refused with what there is, when made and when changed", async () => {
    await put();
    const unknown = await make(tool("dusk"));
    expect(unknown.body.message).toContain('asks for the secret "dusk"');
    expect(unknown.body.message).toContain("There are: desk");
    const elsewhere = await make(tool("desk", "https://evil.example/"));
    expect(elsewhere.body.message).toContain("may be sent to api.example.com only");
    const { body } = await make({ ...tool("desk"), tools: [] });
    const patched = await person.api<Problem>("PATCH", `/agents/${body.id}`, {
      tools: tool("dusk").tools,
    });
    expect(patched.body.code).toBe("invalid_request");
  });
});
