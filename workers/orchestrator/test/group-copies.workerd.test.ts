// Forks, exports and imports: who may, what is made and listed, what leaves and what is believed of what comes.
import {
  BUNDLE_FILE_MAX_BYTES,
  BUNDLE_TYPE,
  IMPORT_MAX_BYTES,
  makeId,
  type AgentView,
  type BundleAgent,
  type GroupSummary,
  type GroupView,
  type Page,
  type Problem,
} from "@acos/protocol";
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";

import { askedPages, copies, copying, down, exportGate, HEAD, wiped } from "./fake-group.ts";
import { knock, Person } from "./person.ts";
import type { TestBindings } from "./worker.ts";

const { DB } = env as unknown as TestBindings;

let owner: Person;
let org: string;
let agent: AgentView;
let group: GroupView;

const TOOL = {
  type: "http",
  name: "desk",
  description: "The desk.",
  baseUrl: "https://desk.example.org/v1",
  methods: ["GET"],
} as const;
const CONFIG = {
  handle: "ada",
  name: "Ada",
  instructions: "Think.",
  model: "local/small",
  tools: [{ ...TOOL, headers: { authorization: "Bearer abc123", accept: "text/plain" } }],
};

beforeAll(async () => {
  owner = await Person.signUp();
});
beforeEach(async () => {
  down.clear();
  exportGate.open = true;
  for (const told of [askedPages, copies, wiped]) told.length = 0;
  owner = await Person.signUp();
  org = await owner.org();
  agent = (await owner.api<AgentView>("POST", `/orgs/${org}/agents`, CONFIG)).body;
  group = await make("Plans", [{ id: agent.id }]);
});

async function make(name: string, agents: object[] = []): Promise<GroupView> {
  return (await owner.api<GroupView>("POST", `/orgs/${org}/groups`, { name, agents })).body;
}

async function list<T>(what: "agents" | "groups"): Promise<T[]> {
  return (await owner.api<Page<T>>("GET", `/orgs/${org}/${what}`)).body.items as T[];
}
const groupNames = async () => (await list<GroupSummary>("groups")).map(({ name }) => name);
const agentHandles = async () => (await list<AgentView>("agents")).map(({ handle }) => handle);

const agentIn = async (id: string) =>
  (await owner.api<GroupView>("GET", `/groups/${id}`)).body.members.find(
    ({ type }) => type === "agent",
  );

const rowsOf = async (id: string) => {
  const { results } = await DB.prepare("SELECT state FROM groups WHERE id = ?")
    .bind(id)
    .all<{ state: string }>();
  return results.map(({ state }) => state);
};

async function guest(role: string): Promise<Person> {
  const person = await Person.signUp("Bo");
  const { user } = await person.me();
  await owner.api("PUT", `/groups/${group.id}/members/${user.id}`, { role });
  return person;
}

async function colleague(): Promise<Person> {
  const person = await Person.signUp("Cleo");
  const wish = { email: person.email, role: "member", organizationId: org };
  const invited = await owner.ask<{ id: string }>(
    "POST",
    "/api/auth/organization/invite-member",
    wish,
  );
  const invitationId = invited.body.id;
  await person.ask("POST", "/api/auth/organization/accept-invitation", { invitationId });
  return person;
}

describe("a fork", () => {
  const fork = (who: Person, body?: object) =>
    who.api<GroupView & Problem>("POST", `/groups/${group.id}/fork`, body);

  it("[CO1] is a new group of the same org with its agents, listed for who forked it", async () => {
    const { status, body } = await fork(owner);
    expect(status).toBe(201);
    expect(body).toMatchObject({ org, name: "Plans (fork)" });
    expect(body.id).not.toBe(group.id);
    expect(await groupNames()).toEqual(expect.arrayContaining(["Plans", "Plans (fork)"]));
    const from = { how: "fork", group: group.id, atSeq: null };
    expect(copies).toMatchObject([{ group: body.id, org, name: "Plans (fork)", from }]);
    expect(copies[0]?.creator).toMatchObject({ user: (await owner.me()).user.id });
  });

  it("[CO1] takes a name and a seq, which the group must have", async () => {
    const { body } = await fork(owner, { name: "Elsewhere", atSeq: HEAD });
    expect(body.name).toBe("Elsewhere");
    expect(copies[0]?.from).toMatchObject({ atSeq: HEAD });
    const past = await fork(owner, { atSeq: HEAD + 1 });
    expect([past.status, past.body.code]).toEqual([400, "invalid_request"]);
    expect(past.body.details).toMatchObject([{ field: "atSeq" }]);
    expect(copies).toHaveLength(1);
  });

  it("[CO1] of a group with a long name has a name that fits", async () => {
    const long = `${"n".repeat(72)}😀${"n".repeat(6)}`;
    await owner.api("PATCH", `/groups/${group.id}`, { name: long });
    const { body } = await fork(owner);
    expect(body.name).toBe(`${"n".repeat(72)} (fork)`);
  });

  it("[CO2] hears of its agents' changes from then on", async () => {
    const { body } = await fork(owner);
    await owner.api("PATCH", `/agents/${agent.id}`, { about: "changed" });
    expect(await agentIn(body.id)).toMatchObject({ agent: agent.id, version: 2 });
  });

  it("[CO2] of an older time is told what its agents are by now, unless they are pinned", async () => {
    const pinned = await make("Pinned", [{ id: agent.id, version: 1 }]);
    await owner.api("PATCH", `/agents/${agent.id}`, { about: "changed" });
    const { body } = await fork(owner, { atSeq: 1 });
    expect(await agentIn(body.id)).toMatchObject({ version: 2 });
    const other = await owner.api<GroupView>("POST", `/groups/${pinned.id}/fork`, { atSeq: 1 });
    await owner.api("PATCH", `/agents/${agent.id}`, { about: "changed again" });
    expect(await agentIn(other.body.id)).toMatchObject({ version: 1, follow: "pinned" });
    expect(await agentIn(body.id)).toMatchObject({ version: 3 });
  });

  it("[CO2] that is still on its way holds up no change, and is told of it when it is there", async () => {
    const { body } = await fork(owner);
    copying.add(body.id);
    const change = await owner.api("PATCH", `/agents/${agent.id}`, { about: "changed" });
    expect(change.status).toBe(200);
    expect(await agentIn(group.id)).toMatchObject({ version: 2 });
    expect(await agentIn(body.id)).toMatchObject({ version: 1 });
    copying.clear();
    await vi.waitFor(async () => expect(await agentIn(body.id)).toMatchObject({ version: 2 }), {
      timeout: 10_000,
      interval: 50,
    });
  });

  it("[CO3] is for members of the group who are in its org; nothing is made for others", async () => {
    const member = await guest("member");
    const refused = await fork(member);
    expect([refused.status, refused.body.code]).toEqual([403, "forbidden"]);
    expect(refused.body.message).toContain("which you are not a member of");
    const reader = await colleague();
    const { user } = await reader.me();
    expect((await fork(reader)).status).toBe(404);
    await owner.api("PUT", `/groups/${group.id}/members/${user.id}`, { role: "viewer" });
    expect((await fork(reader)).status).toBe(403);
    expect((await fork(await Person.signUp("Otto"))).status).toBe(404);
    expect(copies).toEqual([]);
    expect(await groupNames()).not.toContain("Plans (fork)");
    const writer = await colleague();
    await owner.api("PUT", `/groups/${group.id}/members/${(await writer.me()).user.id}`, {
      role: "member",
    });
    expect((await fork(writer)).status).toBe(201);
  });

  it("[CO4] that fails is not listed, and its object is wiped", async () => {
    down.add("copyFrom");
    expect((await fork(owner)).status).toBe(503);
    expect(await groupNames()).not.toContain("Plans (fork)");
    expect(wiped).toHaveLength(1);
    expect(wiped[0]).not.toBe(group.id);
    expect(await rowsOf(wiped[0]!)).toEqual(["failed"]);
  });
});

/** What the stand-in exports is JSON. */
interface Bundle {
  group: string;
  name: string;
  head: number;
  files: { name: string; text: string }[];
}
const agentsIn = ({ files }: Bundle) =>
  files.flatMap(({ text }) => (JSON.parse(text) as { agents: BundleAgent[] }).agents);
const exported = async (who: Person) => {
  const response = await who.fetch("GET", `/api/v1/groups/${group.id}/export`);
  return { response, bundle: await response.json<Bundle>() };
};

describe("an export", () => {
  it("[CO5] is a file with the group's name, and the agents at the versions that the group uses", async () => {
    await owner.api("PATCH", `/groups/${group.id}`, { name: "Straße & Söhne" });
    const pinned = await owner.api("PUT", `/groups/${group.id}/members/${agent.id}`, {
      version: 1,
    });
    expect(pinned.status).toBe(200);
    const { response, bundle } = await exported(owner);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe(BUNDLE_TYPE);
    expect(response.headers.get("content-disposition")).toBe(
      'attachment; filename="stra-e-sohne.acos-group.tar"',
    );
    expect(response.headers.get("x-request-id")).toMatch(/^req_/);
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    expect(agentsIn(bundle)).toMatchObject([
      { id: agent.id, version: 1, handle: "ada", instructions: "Think.", model: "local/small" },
    ]);
  });

  it("[CO5] of agents who say more than one file holds has several, which an import reads", async () => {
    const agents = await Promise.all(
      Array.from({ length: 8 }, async (_each, place) => {
        // Three bytes a character: eight of them are half as much again as a file holds.
        const instructions = "語".repeat(62_000 + place);
        const wish = { ...CONFIG, handle: `long-${place}`, instructions };
        return (await owner.api<AgentView>("POST", `/orgs/${org}/agents`, wish)).body;
      }),
    );
    group = await make(
      "Long",
      agents.map(({ id }) => ({ id })),
    );
    const { bundle } = await exported(owner);
    expect(bundle.files.map(({ name }) => name)).toEqual(["agents.json", "agents-2.json"]);
    for (const { text } of bundle.files)
      expect(new TextEncoder().encode(text).length).toBeLessThanOrEqual(BUNDLE_FILE_MAX_BYTES);
    expect(agentsIn(bundle).map(({ id }) => id)).toEqual(agents.map(({ id }) => id));
    const init = { body: JSON.stringify(bundle), headers: { "content-type": BUNDLE_TYPE } };
    const back = await owner.fetch("POST", `/api/v1/orgs/${org}/groups/import`, init);
    expect(back.status).toBe(201);
    expect(copies[0]?.from).toMatchObject({ agents: agents.map(({ id }) => ({ there: id })) });
  });

  it("[CO5] passes through: its beginning is there before its end is", async () => {
    exportGate.open = false;
    const response = await owner.fetch("GET", `/api/v1/groups/${group.id}/export`);
    const reader = response.body!.getReader();
    const first = await reader.read();
    expect(first.value?.length).toBeGreaterThan(0);
    exportGate.open = true;
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      rest += new TextDecoder().decode(value as Uint8Array);
    }
    expect(rest).toMatch(/}$/);
  });

  it("[CO5] HEAD answers its headers, and takes nothing of it", async () => {
    const response = await owner.fetch("HEAD", `/api/v1/groups/${group.id}/export`);
    expect([response.status, await response.text()]).toEqual([200, ""]);
    expect(response.headers.get("content-type")).toBe(BUNDLE_TYPE);
  });

  it("[CO6] holds no credential, and for guests nothing that they may not read", async () => {
    const { bundle } = await exported(owner);
    expect(JSON.stringify(bundle)).not.toContain("abc123");
    const [own] = agentsIn(bundle);
    expect(own?.tools).toEqual([{ ...TOOL, headers: { authorization: "", accept: "text/plain" } }]);
    const viewer = await exported(await guest("viewer"));
    expect(agentsIn(viewer.bundle)).toMatchObject([
      { id: agent.id, handle: "ada", instructions: "", tools: [] },
    ]);
    const outsider = await Person.signUp("Otto");
    const none = await outsider.api<Problem>("GET", `/groups/${group.id}/export`);
    expect([none.status, none.body.code]).toEqual([404, "not_found"]);
  });
});

describe("an import", () => {
  const there = makeId("agent", 7, new Uint8Array(10).fill(7));
  const sent = (overrides: Partial<BundleAgent> = {}): BundleAgent => ({
    id: there,
    version: 4,
    follow: "latest",
    handle: "eve",
    name: "Eve",
    instructions: "Listen.",
    model: "local/small",
    tools: [],
    ...overrides,
  });
  const bundleOf = (agents: unknown, name = "Brought") =>
    JSON.stringify({
      group: makeId("group", 1, new Uint8Array(10)),
      name,
      head: 12,
      files: [
        {
          name: "agents.json",
          text: typeof agents === "string" ? agents : JSON.stringify({ agents }),
        },
      ],
    });
  const bring = async (
    body: BodyInit,
    headers: Record<string, string> = {},
    who: Person = owner,
  ) => {
    const response = await who.fetch("POST", `/api/v1/orgs/${org}/groups/import`, {
      body,
      headers: { "content-type": BUNDLE_TYPE, ...headers },
    });
    return {
      status: response.status,
      headers: response.headers,
      body: await response.json<GroupView & Problem>(),
    };
  };

  it("[CO7] is a new group of the org with the bundle's name and agents", async () => {
    const { status, body } = await bring(bundleOf([sent()]));
    expect([status, body.name, body.org]).toEqual([201, "Brought", org]);
    expect(await groupNames()).toContain("Brought");
    const made = (await list<AgentView>("agents")).find(({ handle }) => handle === "eve");
    expect(made).toMatchObject({ instructions: "Listen.", version: 1 });
    expect(copies[0]?.from).toMatchObject({
      how: "import",
      agents: [{ there, card: { pin: { agent: made?.id, version: 1 } } }],
    });
    await owner.api("PATCH", `/agents/${made?.id}`, { about: "changed" });
    expect(await agentIn(body.id)).toMatchObject({ version: 2 });
  });

  it("[CO7] of what was exported here uses the agents that are there, and makes none", async () => {
    const before = await agentHandles();
    const { bundle } = await exported(owner);
    expect((await bring(JSON.stringify(bundle))).status).toBe(201);
    expect(await agentHandles()).toEqual(before);
    expect(copies[0]?.from).toMatchObject({
      agents: [{ there: agent.id, card: { pin: { agent: agent.id } } }],
    });
  });

  it("[CO7] another agent of the same handle gets a number; the same bundle again uses that one", async () => {
    const other = bundleOf([sent({ handle: "ada", name: "Another Ada" })]);
    await bring(other);
    const handles = await agentHandles();
    expect(handles.filter((handle) => handle.startsWith("ada"))).toContain("ada-2");
    await bring(other);
    expect(await agentHandles()).toEqual(handles);
    const twins = [sent(), sent({ id: makeId("agent", 8, new Uint8Array(10)) })];
    await bring(bundleOf(twins));
    const eves = (await agentHandles()).filter((handle) => handle.startsWith("eve"));
    expect(eves.toSorted()).toEqual(["eve", "eve-2"]);
  });

  it("[CO8] a model that is not here gives way, and a tool that no call would reach is left out", async () => {
    const inside = { ...TOOL, name: "inside", baseUrl: "http://169.254.169.254/latest" };
    await bring(
      bundleOf([sent({ model: "acme/big", tools: [{ ...TOOL }, { ...inside }] } as never)]),
    );
    const made = (await list<AgentView>("agents")).find(({ handle }) => handle === "eve");
    expect(made?.model).toBe("local/small");
    expect(made?.tools.map(({ name }) => name)).toEqual(["desk"]);
  });

  it("[CO8] agents that are not of the form are refused with words, and nothing is made", async () => {
    const before = await agentHandles();
    const twice = [sent(), sent()];
    const refused: [what: unknown, words: string][] = [
      ["{", "agents.json"],
      [[{ ...sent(), secret: "x" }], "secret"],
      [[{ ...sent(), handle: "No" }], "handle"],
      [twice, "twice"],
      [[sent(), sent({ id: makeId("agent", 9, new Uint8Array(10)), model: "none" })], "model"],
      ["x".repeat(BUNDLE_FILE_MAX_BYTES + 1), "too large"],
    ];
    for (const [agents, words] of refused) {
      const { status, body } = await bring(bundleOf(agents));
      expect([words, status]).toEqual([words, 400]);
      expect(body.message).toContain(words);
    }
    const other = await bring("no bundle at all");
    expect([other.status, other.body.message]).toEqual([400, "This is no bundle."]);
    expect(await agentHandles()).toEqual(before);
    expect(copies).toEqual([]);
    expect(wiped).toHaveLength(refused.length + 1);
  });

  it("[CO4] that fails is not listed, its object is wiped and its agents are gone", async () => {
    const before = await agentHandles();
    down.add("copyFrom");
    expect((await bring(bundleOf([sent()]))).status).toBe(503);
    expect(await groupNames()).not.toContain("Brought");
    expect(await agentHandles()).toEqual(before);
    expect(await rowsOf(wiped[0]!)).toEqual(["failed"]);
  });

  it("[CO9] needs its type and its length, and takes no more than it may", async () => {
    const problemOf = async (init: RequestInit, headers: Record<string, string>) => {
      const answer = await owner.fetch("POST", `/api/v1/orgs/${org}/groups/import`, {
        ...init,
        headers,
      });
      const { code, message } = await answer.json<Problem>();
      return [answer.status, code, message];
    };
    const tar = { "content-type": BUNDLE_TYPE };
    const wrongType = await problemOf({ body: "{}" }, { "content-type": "application/json" });
    expect(wrongType.slice(0, 2)).toEqual([415, "unsupported_media_type"]);
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    void writable.close();
    const chunked = await problemOf({ body: readable }, tar);
    expect(chunked.slice(0, 2)).toEqual([400, "invalid_request"]);
    expect(chunked[2]).toContain("Content-Length");
    const length = String(IMPORT_MAX_BYTES + 1);
    const large = await problemOf({ body: "x" }, { ...tar, "content-length": length });
    expect(large.slice(0, 2)).toEqual([413, "too_large"]);
    expect((await problemOf({ body: "" }, tar))[1]).toBe("invalid_request");
    expect(wiped).toEqual([]);
    const binary = { "content-type": "application/octet-stream" };
    expect((await bring(bundleOf([]), binary)).status).toBe(201);
  });

  it("[CO9] that is refused is taken to its end, so that its sender hears the words", async () => {
    const otto = await Person.signUp("Otto");
    const { readable, writable } = new FixedLengthStream(3_000_000);
    const writer = writable.getWriter();
    const sending = (async () => {
      for (let piece = 0; piece < 30; piece += 1) await writer.write(new Uint8Array(100_000));
      await writer.close();
    })();
    const answer = await otto.fetch("POST", `/api/v1/orgs/${org}/groups/import`, {
      body: readable,
      headers: { "content-type": BUNDLE_TYPE },
    });
    expect(answer.status).toBe(404);
    await sending;
  });

  it("[CO9] may be larger than any other body", async () => {
    const large = bundleOf([sent({ instructions: "x".repeat(60_000) })], "n").padEnd(
      3_000_000,
      " ",
    );
    expect((await bring(large)).status).toBe(201);
  });

  it("[ID6] a repeated key is answered with the first import, whatever its body says then", async () => {
    const key = { "idempotency-key": "import-1" };
    const first = await bring(bundleOf([sent()]), key);
    const again = await bring(bundleOf([]), key);
    expect(again.body.id).toBe(first.body.id);
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(copies).toHaveLength(1);
  });

  it("[AC1] into somebody else's org answers like one that does not exist", async () => {
    const otto = await Person.signUp("Otto");
    const theirs = await bring(bundleOf([sent()]), {}, otto);
    expect([theirs.status, theirs.body.code]).toEqual([404, "not_found"]);
    expect((await knock(`/api/v1/orgs/${org}/groups/import`, { method: "POST" })).status).toBe(401);
    expect(wiped).toEqual([]);
  });
});
