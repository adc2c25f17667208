// Agents and providers: immutable versions, hashes, what groups are told, what the Agents Worker reads, secrets.
import {
  agentVersionKey,
  USUAL_TOOLS,
  providerVersionKey,
  sealedRecordSchema,
  type AgentMember,
  type AgentView,
  type GroupView,
  type Page,
  type Problem,
  type ProviderView,
} from "@acos/protocol";
import { openDataKey, openSecret, parseMasterKeys, sha256Hex } from "@acos/trust";
import { env, exports } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";

import { beforePut, down } from "./fake-group.ts";
import { Person } from "./person.ts";
import { gauge, type TestBindings } from "./worker.ts";

const bindings = env as unknown as TestBindings;
const { AgentRecords } = exports as unknown as { readonly AgentRecords: Fetcher };

let person: Person;
let org: string;

beforeEach(async () => {
  down.clear();
  gauge.cacheFails = false;
  person = await Person.signUp();
  org = await person.org();
});

async function makeAgent(said: object = {}): Promise<AgentView> {
  const { status, body } = await person.api<AgentView>("POST", `/orgs/${org}/agents`, {
    handle: "helper",
    name: "Helper",
    instructions: "Help.",
    model: "rehearsal/rehearsal-1",
    ...said,
  });
  expect(status).toBe(201);
  return body;
}

async function makeGroup(...agents: { id: string; version?: number }[]): Promise<string> {
  const { status, body } = await person.api<GroupView>("POST", `/orgs/${org}/groups`, {
    name: "Work",
    agents,
  });
  expect(status).toBe(201);
  return body.id;
}

async function memberOf(group: string): Promise<AgentMember> {
  const { body } = await person.api<GroupView>("GET", `/groups/${group}`);
  return body.members.find((one) => one.type === "agent") as AgentMember;
}

const record = (path: string) => AgentRecords.fetch(`https://orchestrator.internal${path}`);

describe("agent versions", () => {
  it("[AV1] the bytes in D1 and KV are the ones whose hash the group is given", async () => {
    const agent = await makeAgent();
    expect(agent.version).toBe(1);
    expect(agent.tools.map(({ name }) => name)).toEqual([...USUAL_TOOLS]);
    const { pin } = await memberOf(await makeGroup({ id: agent.id }));
    const stored = await (await record(`/agent-versions/${agent.id}/1`)).text();
    expect(await sha256Hex(stored)).toBe(pin.sha256);
    expect(await bindings.AGENT_CACHE.get(agentVersionKey(pin))).toBe(stored);
    expect(JSON.parse(stored)).toMatchObject({ agent: agent.id, org, version: 1 });
  });

  it("[AV2] a change is told to the groups that follow the latest before it is answered, and to no pinned one", async () => {
    const agent = await makeAgent();
    const follows = await makeGroup({ id: agent.id });
    const pinned = await makeGroup({ id: agent.id, version: 1 });
    const { body } = await person.api<AgentView>("PATCH", `/agents/${agent.id}`, {
      instructions: "Help more.",
    });
    expect(body).toMatchObject({ version: 2, instructions: "Help more.", handle: "helper" });
    expect((await memberOf(follows)).pin.version).toBe(2);
    expect((await memberOf(pinned)).pin.version).toBe(1);
    expect((await person.api("GET", `/agents/${agent.id}`)).body).toEqual(body);
  });

  it("[AV3] earlier versions stay as they were, and restoring one makes a new one that says the same", async () => {
    const agent = await makeAgent();
    await person.api("PATCH", `/agents/${agent.id}`, { instructions: "Two." });
    const restored = await person.api<AgentView>("POST", `/agents/${agent.id}/versions/1/restore`);
    expect(restored.body).toMatchObject({ version: 3, instructions: "Help." });
    const { body } = await person.api<{ items: AgentView[] }>(
      "GET",
      `/agents/${agent.id}/versions?limit=2`,
    );
    expect(body.items.map(({ version }) => version)).toEqual([3, 2]);
    expect(body).toMatchObject({ nextCursor: "2" });
    const missing = await person.api<Problem>("POST", `/agents/${agent.id}/versions/9/restore`);
    expect(missing.body.code).toBe("not_found");
  });

  it("[AV4] changes at the same moment are all kept, each as a version of its own", async () => {
    const agent = await makeAgent();
    const group = await makeGroup({ id: agent.id });
    const about = ["one", "two", "three", "four"];
    const answers = await Promise.all(
      about.map((said) => person.api<AgentView>("PATCH", `/agents/${agent.id}`, { about: said })),
    );
    const versions = answers.map(({ body }) => body.version);
    expect(new Set(versions)).toEqual(new Set([2, 3, 4, 5]));
    expect((await memberOf(group)).pin.version).toBe(5);
  });

  it("[AV5] with a group down the change is saved and says so; the group is told on the next occasion", async () => {
    const agent = await makeAgent();
    const group = await makeGroup({ id: agent.id });
    down.add("adopt");
    const { status, body } = await person.api<Problem>("PATCH", `/agents/${agent.id}`, {
      about: "new",
    });
    expect([status, body.code]).toEqual([503, "unavailable"]);
    expect(body.message).toContain("is saved, but 1 of its groups");
    down.clear();
    const version = async () => (await memberOf(group)).pin.version;
    await expect.poll(version, { timeout: 10_000 }).toBe(2);
  });

  it("[AV6] a failing KV does not fail a change: the version is read from the store", async () => {
    gauge.cacheFails = true;
    const agent = await makeAgent();
    const { status } = await person.api("PATCH", `/agents/${agent.id}`, { about: "new" });
    expect(status).toBe(200);
    expect((await record(`/agent-versions/${agent.id}/2`)).status).toBe(200);
  });

  it("[AV7] a model of an unknown provider is refused with a list of what there is", async () => {
    const { body } = await person.api<Problem>("POST", `/orgs/${org}/agents`, {
      handle: "x",
      name: "X",
      model: "acme/gpt",
    });
    expect(body.code).toBe("invalid_request");
    expect(body.message).toContain("local, rehearsal");
  });

  it("[AV8] a deleted agent leaves its groups and answers not_found; runs that pin it still find its bytes", async () => {
    const agent = await makeAgent();
    const group = await makeGroup({ id: agent.id });
    expect((await person.api("DELETE", `/agents/${agent.id}`)).status).toBe(204);
    expect(await memberOf(group)).toBeUndefined();
    expect((await person.api("GET", `/agents/${agent.id}`)).status).toBe(404);
    const { body } = await person.api<{ items: AgentView[] }>("GET", `/orgs/${org}/agents`);
    expect(body.items.map(({ handle }) => handle)).toEqual(["ada", "grace"]);
    expect((await record(`/agent-versions/${agent.id}/1`)).status).toBe(200);
  });

  it("[AV9] an agent added while it changes is adopted at its newest version", async () => {
    const agent = await makeAgent();
    const group = await makeGroup();
    beforePut.push(async () => {
      const patch = await person.api("PATCH", `/agents/${agent.id}`, { about: "new" });
      expect(patch.status).toBe(200);
    });
    const put = await person.api("PUT", `/groups/${group}/members/${agent.id}`, {});
    expect([put.status, beforePut.length]).toEqual([200, 0]);
    expect((await memberOf(group)).pin.version).toBe(2);
  });
});

describe("providers", () => {
  const KEY = "sk-very-secret-0123456789";

  async function putProvider(said: object, name = "acme") {
    return person.api<ProviderView & Problem>("PUT", `/orgs/${org}/providers/${name}`, {
      kind: "openai-compatible",
      baseUrl: "https://models.example.org/v1",
      ...said,
    });
  }

  it("[PR1] a key goes in sealed under org, name and version, and never comes out", async () => {
    const put = await putProvider({ apiKey: KEY, models: ["big"] });
    expect(put.body).toMatchObject({ name: "acme", hasKey: true, version: 1, builtin: false });
    const listed = await person.api("GET", `/orgs/${org}/providers`);
    expect(JSON.stringify([put.body, listed.body])).not.toContain(KEY);
    const text = await (await record(`/provider-versions/${org}/acme/1`)).text();
    expect(text).not.toContain(KEY);
    const key = await (await record(`/provider-keys/${org}/acme/1`)).text();
    expect(key).not.toContain(KEY);
    const { sealed, name, version, ...stored } = sealedRecordSchema.parse(JSON.parse(key));
    const wrapped = { org: stored.org, version: sealed.dataKey, wrapped: stored.dataKey };
    const dataKey = await openDataKey(await parseMasterKeys(bindings.MASTER_KEY!), wrapped);
    expect(await openSecret(dataKey, { name, version, sealed })).toBe(KEY);
  });

  it("[PR1] a provider that is deleted and put at the same moment has the key it says it has", async () => {
    for (let round = 0; round < 8; round += 1) {
      await putProvider({ apiKey: KEY });
      const [, put] = await Promise.all([
        person.api("DELETE", `/orgs/${org}/providers/acme`),
        putProvider({ apiKey: KEY }),
      ]);
      const listed = await person.api<Page<ProviderView>>("GET", `/orgs/${org}/providers`);
      const acme = listed.body.items.find(({ name }) => name === "acme");
      if (put.status !== 200 || !acme) continue;
      expect(acme.hasKey).toBe(true);
      const text = await (await record(`/provider-versions/${org}/acme/${acme.version}`)).text();
      const { keyVersion } = JSON.parse(text) as { keyVersion: number };
      const key = await record(`/provider-keys/${org}/acme/${keyVersion}`);
      expect(key.status, `round ${round}`).toBe(200);
    }
  });

  it("[PR2] every agent that uses a provider is told of its change, with the new version pinned", async () => {
    await putProvider({ apiKey: KEY });
    const group = await makeGroup({ id: (await makeAgent({ model: "acme/big" })).id });
    const before = (await memberOf(group)).pin;
    expect(before.provider).toMatchObject({ name: "acme", version: 1 });
    const bytes = await bindings.AGENT_CACHE.get(providerVersionKey(org, before.provider!));
    expect(await sha256Hex(bytes!)).toBe(before.provider!.sha256);
    expect((await putProvider({ models: ["big", "small"] })).body).toMatchObject({ hasKey: true });
    const after = (await memberOf(group)).pin;
    expect(after.provider).toMatchObject({ version: 2 });
    expect(after.revision).toBeGreaterThan(before.revision);
    expect((await person.api("DELETE", `/orgs/${org}/providers/acme`)).status).toBe(204);
    expect((await memberOf(group)).pin.provider).toBeNull();
    expect((await record(`/provider-versions/${org}/acme/2`)).status).toBe(404);
    expect((await putProvider({ apiKey: KEY })).body.version).toBe(3);
  });

  it("[PR3] a kept key is not sent to another address", async () => {
    await putProvider({ apiKey: KEY });
    const moved = await putProvider({ baseUrl: "https://elsewhere.example/v1" });
    expect(moved.body.code).toBe("invalid_request");
    expect(moved.body.message).toContain("send apiKey again");
  });

  it("[PR4] refuses addresses in clear and with hidden parts; local ones are for operators who allow them", async () => {
    const codes = async (baseUrl: string) => (await putProvider({ baseUrl })).body.code;
    expect(await codes("http://models.example.org/v1")).toBe("invalid_request");
    expect(await codes("https://user:pass@models.example.org")).toBe("invalid_request");
    expect(await codes("https://models.example.org/?key=1")).toBe("invalid_request");
    expect((await putProvider({ baseUrl: "http://127.0.0.1:11434/v1" })).status).toBe(200);
    expect((await putProvider({ baseUrl: undefined })).body.code).toBe("invalid_request");
  });

  it("[PR5] lists what the installation offers beside the org's own, which takes its place by name", async () => {
    const list = async (path: string) =>
      (await person.api<{ items: ProviderView[] }>("GET", `/orgs/${org}/${path}`)).body.items;
    expect((await list("providers")).map(({ name }) => name)).toEqual(["local", "rehearsal"]);
    await putProvider({ models: ["big"] }, "local");
    expect(await list("models")).toEqual([
      { model: "local/big", label: "big", provider: "local", rehearsal: false },
      {
        model: "rehearsal/rehearsal-1",
        label: "Rehearsal (not an AI model)",
        provider: "rehearsal",
        rehearsal: true,
      },
    ]);
    expect((await list("providers")).map(({ builtin }) => builtin)).toEqual([false, true]);
  });
});
