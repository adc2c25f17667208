// Tests of forks, exports and imports between objects in workerd.
import {
  env,
  evictDurableObject,
  runDurableObjectAlarm,
  runInDurableObject,
} from "cloudflare:test";
import { afterEach, describe, expect, it } from "vitest";

import {
  HOT_MAX_EVENTS,
  SUMMARY_SECTIONS,
  type AgentCard,
  type Command,
  type GroupCopy,
  type GroupId,
  type LogEvent,
  type Principal,
} from "@acos/protocol";

import { controlOf, freshId, makeGroup, stubOf, type TestGroup } from "./member.ts";
import { atEveryUse, grow, hold, post } from "./mishaps.ts";
import { holding, mishap } from "./worker.ts";

const BUCKET = (env as unknown as { ARCHIVE: R2Bucket }).ARCHIVE;

afterEach(() => {
  mishap.at = 0;
  holding.puts = null;
});

const rowsOf = (id: GroupId, table: string): Promise<number> =>
  runInDurableObject(stubOf(id), (_object, { storage }) =>
    Number(storage.sql.exec(`SELECT count(*) AS count FROM ${table}`).one()["count"]),
  );

async function logOf(id: GroupId, reader: Principal): Promise<readonly LogEvent[]> {
  const items: LogEvent[] = [];
  for (;;) {
    const page = await controlOf(stubOf(id)).events(reader, { after: items.length, limit: 500 });
    if (!page.ok) throw new Error(page.problem.message);
    items.push(...page.value.items);
    if (page.value.nextCursor === null) return items;
  }
}

function forkOf(group: TestGroup, atSeq: number | null = null): GroupCopy {
  return {
    group: freshId("group"),
    org: freshId("org"),
    name: "Garden (fork)",
    creator: { user: group.lena.user, name: "Lena", handle: "lena" },
    principal: group.lena,
    from: { how: "fork", group: group.id, atSeq },
  };
}

/** Goes on with a copy until it is a group. */
async function whole(copy: GroupCopy): Promise<void> {
  const reader = copy.principal;
  for (let round = 0; round < 20; round += 1) {
    const view = await controlOf(stubOf(copy.group)).view(reader);
    if (view.ok && view.value.state === "active") return;
    if (!view.ok) await controlOf(stubOf(copy.group)).copyFrom(copy);
    await runDurableObjectAlarm(stubOf(copy.group));
  }
  throw new Error("the copy does not come to an end");
}

async function bytesOf(stream: ReadableStream<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

async function exported(group: TestGroup): Promise<Uint8Array<ArrayBuffer>> {
  return runInDurableObject(stubOf(group.id), async (object) => {
    const answer = await object.export(group.lena, [{ name: "agents.json", text: "[]" }]);
    if (!answer.ok) throw new Error(answer.problem.message);
    return bytesOf(answer.value);
  });
}

async function staged(id: GroupId, bytes: Uint8Array<ArrayBuffer>) {
  return runInDurableObject(stubOf(id), (object) => {
    const stream = new Response(bytes).body as ReadableStream<Uint8Array>;
    return object.stage(stream, bytes.length);
  });
}

describe("a fork", () => {
  it("[Y8] has the messages up to the seq, the agents, and its creator alone; its origin stays", async () => {
    const group = await makeGroup();
    const noor: Principal = { user: freshId("user"), name: "Noor", orgs: [] };
    const card = { user: noor.user, name: "Noor", handle: "noor" };
    await group.control.putMember(group.lena, { type: "user", card, role: "member" });
    await grow(group, 0, 10);
    const origin = await logOf(group.id, group.lena);
    const copy = forkOf(group, 8);
    const made = await controlOf(stubOf(copy.group)).copyFrom(copy);
    expect(made).toMatchObject({
      ok: true,
      value: { state: "active", name: copy.name, org: copy.org },
    });
    expect(await controlOf(stubOf(copy.group)).copyFrom(copy)).toEqual(made);
    const log = await logOf(copy.group, group.lena);
    expect(log.slice(0, 8)).toEqual(origin.slice(0, 8));
    expect(log[8]!.event).toMatchObject({ kind: "group-copied", how: "fork", from: { seq: 8 } });
    expect(log).toHaveLength(9);
    const view = made.ok ? made.value : null;
    expect(view?.members.map(({ name }) => name).toSorted()).toEqual(["Ada", "Lena"]);
    expect(await controlOf(stubOf(copy.group)).view(noor)).toMatchObject({
      problem: { code: "not_found" },
    });
    const say = await controlOf(stubOf(copy.group)).command(group.lena, {
      id: "new",
      command: post("@ada say hello"),
    });
    expect(say).toMatchObject({ ok: true, value: { seq: 10 } });
    const messages = () => controlOf(stubOf(copy.group)).messages(group.lena, { limit: 1 });
    await expect.poll(async () => JSON.stringify(await messages())).toContain('"hello"');
    expect(await logOf(group.id, group.lena)).toEqual(origin);
  });

  it("[Y8] of a withdrawn message has no words of it, at whatever seq", async () => {
    const group = await makeGroup();
    await grow(group, 0, 3);
    const page = await group.control.messages(group.lena, { limit: 10 });
    const { message } = page.ok ? page.value.items[1]! : { message: freshId("message") };
    await group.control.command(group.lena, {
      id: "w",
      command: { kind: "message-redact", message },
    });
    const copy = forkOf(group, 6);
    await controlOf(stubOf(copy.group)).copyFrom(copy);
    const text = await runInDurableObject(stubOf(copy.group), (_object, { storage }) =>
      JSON.stringify([
        ...storage.sql.exec("SELECT body FROM events").raw(),
        ...storage.sql.exec("SELECT body FROM state_parts").raw(),
      ]),
    );
    expect(text).toContain("message 0");
    expect(text).not.toContain("message 1");
  });

  it("[Y8] nor lines of a summary that rest on it", async () => {
    const group = await makeGroup();
    const give = (id: string, command: Command) =>
      group.control.command(group.lena, { id, command });
    await give("p", post("the code is 4711"));
    const page = await group.control.messages(group.lena, { limit: 10 });
    const { message } = page.ok ? page.value.items[0]! : { message: freshId("message") };
    const bullets = [
      { text: "The code is 4711", rests: [message] },
      { text: "There is a code", rests: [] },
    ];
    const sections = SUMMARY_SECTIONS.map((section) => ({
      section,
      bullets: section === "Goals" ? bullets : [],
    }));
    expect(await give("s", { kind: "summary-edit", sections })).toMatchObject({ ok: true });
    const { length } = await logOf(group.id, group.lena);
    await give("w", { kind: "message-redact", message });
    const copy = forkOf(group, length);
    await controlOf(stubOf(copy.group)).copyFrom(copy);
    for (const id of [group.id, copy.group]) {
      const told = JSON.stringify(await logOf(id, group.lena));
      expect(told).toContain("There is a code");
      expect(told).not.toContain("4711");
    }
  });

  it(
    "[Y8] [Y6] of a long group comes piece by piece, and moves to R2 as it grows",
    { timeout: 60_000 },
    async () => {
      const group = await makeGroup();
      await grow(group, 0, HOT_MAX_EVENTS + 3_000);
      const copy = forkOf(group);
      await controlOf(stubOf(copy.group)).copyFrom(copy);
      await whole(copy);
      const [origin, log] = [
        await logOf(group.id, group.lena),
        await logOf(copy.group, group.lena),
      ];
      expect(log.slice(0, origin.length)).toEqual(origin);
      const rows = await runInDurableObject(stubOf(copy.group), (_object, { storage }) =>
        Number(storage.sql.exec("SELECT count(*) AS count FROM events").one()["count"]),
      );
      expect(rows).toBeLessThan(HOT_MAX_EVENTS + 2_048);
    },
  );

  it("[Y7] of what is not there, or not for everybody, is refused and leaves nothing", async () => {
    const group = await makeGroup();
    const late = forkOf(group, 99);
    expect(await controlOf(stubOf(late.group)).copyFrom(late)).toMatchObject({
      ok: false,
      problem: { code: "invalid_request" },
    });
    const eve: Principal = { user: freshId("user"), name: "Eve", orgs: [] };
    const foreign = { ...forkOf(group), principal: eve };
    expect(await controlOf(stubOf(foreign.group)).copyFrom(foreign)).toMatchObject({
      ok: false,
      problem: { code: "not_found" },
    });
    expect(await controlOf(stubOf(foreign.group)).view(eve)).toMatchObject({
      problem: { code: "not_found" },
    });
    // An object that is a group already is nobody's copy.
    const onto = { ...forkOf(group), group: group.id };
    expect(await group.control.copyFrom(onto)).toMatchObject({ problem: { code: "conflict" } });
    expect(await group.control.view(group.lena)).toMatchObject({ ok: true });
  });
});

describe("a copy that several go on with at once", () => {
  /** A group of which a copy moves events to R2 before it has all. */
  async function longGroup(): Promise<TestGroup> {
    const group = await makeGroup();
    await grow(group, 0, HOT_MAX_EVENTS + 1_500);
    await expect.poll(() => rowsOf(group.id, "segments")).toBeGreaterThan(0);
    return group;
  }

  /** A copy of it, held while it moves events to R2. */
  async function heldCopy() {
    const group = await longGroup();
    const copy = forkOf(group);
    const { untilHeld, letGo } = hold(stubOf(copy.group).id.toString());
    const made = controlOf(stubOf(copy.group)).copyFrom(copy);
    await untilHeld;
    return { group, copy, made, letGo };
  }

  const objectsOf = async (id: GroupId) => {
    const { objects } = await BUCKET.list({ prefix: `groups/${stubOf(id).id.toString()}/` });
    return objects.map(({ key }) => key);
  };

  it("[Y6] is made once where two ask for it", async () => {
    const group = await makeGroup();
    await grow(group, 0, 10);
    const copy = forkOf(group);
    const control = controlOf(stubOf(copy.group));
    const [one, other] = await Promise.all([control.copyFrom(copy), control.copyFrom(copy)]);
    expect(one).toMatchObject({ ok: true, value: { state: "active" } });
    expect(other).toEqual(one);
    expect((await logOf(copy.group, group.lena)).at(-1)!.event.kind).toBe("group-copied");
  });

  it(
    "[Y6] is whole where the alarm comes in the middle of a step",
    { timeout: 60_000 },
    async () => {
      const { group, copy, made, letGo } = await heldCopy();
      const woken = runDurableObjectAlarm(stubOf(copy.group));
      await scheduler.wait(500);
      letGo();
      expect(await made).toMatchObject({ ok: true });
      await woken;
      await whole(copy);
      const [origin, log] = [
        await logOf(group.id, group.lena),
        await logOf(copy.group, group.lena),
      ];
      expect(log.slice(0, -1)).toEqual(origin);
      expect(await controlOf(stubOf(copy.group)).jobs(group.lena, { limit: 5 })).toMatchObject({
        ok: true,
      });
    },
  );

  it(
    "[Y10] leaves nothing where it is given up in the middle of a step",
    { timeout: 60_000 },
    async () => {
      const { group, copy, made, letGo } = await heldCopy();
      const deleted = controlOf(stubOf(copy.group)).deleteGroup(group.lena);
      await scheduler.wait(100);
      letGo();
      expect(await deleted).toMatchObject({ ok: true });
      expect(await made).toMatchObject({ ok: false, problem: { code: "gone" } });
      expect(await objectsOf(copy.group)).toEqual([]);
      expect(await controlOf(stubOf(copy.group)).view(group.lena)).toMatchObject({
        problem: { code: "not_found" },
      });
    },
  );

  it(
    "[Y10] is not taken up again where R2 did not answer when it was given up",
    { timeout: 60_000 },
    async () => {
      const { group, copy, made, letGo } = await heldCopy();
      const dying = runInDurableObject(stubOf(copy.group), (_object, context) =>
        context.abort("a test"),
      );
      await Promise.allSettled([dying, made]);
      letGo();
      Object.assign(mishap, { at: 1, when: "refused" });
      const deleted = await controlOf(stubOf(copy.group)).deleteGroup(group.lena);
      expect(deleted).toMatchObject({ ok: true });
      expect(mishap.at).toBe(0);
      expect(await controlOf(stubOf(copy.group)).view(group.lena)).toMatchObject({ ok: false });
      await evictDurableObject(stubOf(copy.group));
      expect(await runDurableObjectAlarm(stubOf(copy.group))).toBe(true);
      expect(await objectsOf(copy.group)).toEqual([]);
      expect(await controlOf(stubOf(copy.group)).view(group.lena)).toMatchObject({
        problem: { code: "not_found" },
      });
    },
  );

  it("[Y10] stays where it is a group and only its bundle is left to be deleted", async () => {
    const group = await makeGroup();
    await grow(group, 0, 5);
    const bytes = await exported(group);
    const copy: GroupCopy = { ...forkOf(group), from: { how: "import", agents: [] } };
    await staged(copy.group, bytes);
    // The one use of R2 that reads the bundle's part, and then the deletion.
    Object.assign(mishap, { at: 2, when: "refused" });
    expect(await controlOf(stubOf(copy.group)).copyFrom(copy)).toMatchObject({ ok: true });
    expect(mishap.at).toBe(0);
    expect(await logOf(copy.group, group.lena)).toHaveLength(9);
  });
});

describe("a bundle", () => {
  const card = (group: TestGroup): AgentCard => ({
    ...group.ada,
    pin: { ...group.ada.pin, agent: freshId("agent"), org: freshId("org") },
  });
  const importOf = (
    group: TestGroup,
    agents: readonly { there: AgentCard["pin"]["agent"]; card: AgentCard }[],
  ): GroupCopy => ({
    ...forkOf(group),
    from: { how: "import", agents },
  });

  it("[Y9] is the same log elsewhere, with the agents of there", async () => {
    const group = await makeGroup();
    await grow(group, 0, 50);
    const bytes = await exported(group);
    const here = card(group);
    const copy = importOf(group, [{ there: group.ada.pin.agent, card: here }]);
    expect(await staged(copy.group, bytes)).toMatchObject({
      ok: true,
      value: { name: "Garden", head: 53, files: [{ name: "agents.json", text: "[]" }] },
    });
    const made = await controlOf(stubOf(copy.group)).copyFrom(copy);
    expect(made).toMatchObject({ ok: true, value: { state: "active" } });
    const members = made.ok ? made.value.members : [];
    expect(members.map((member) => (member.type === "agent" ? member.agent : member.name))).toEqual(
      expect.arrayContaining(["Lena", here.pin.agent]),
    );
    const [origin, log] = [await logOf(group.id, group.lena), await logOf(copy.group, group.lena)];
    expect(log.slice(0, 53)).toEqual(origin);
  });

  it("[Y9] that is not whole leaves nothing behind", async () => {
    const group = await makeGroup();
    await grow(group, 0, 5);
    const bytes = await exported(group);
    const id = freshId("group");
    const harmed = bytes.with(bytes.length >> 1, bytes[bytes.length >> 1]! ^ 1);
    expect(await staged(id, harmed)).toMatchObject({
      ok: false,
      problem: { code: "invalid_request" },
    });
    const left = await runInDurableObject(stubOf(id), (_object, { storage }) =>
      storage.sql.exec("SELECT name FROM sqlite_master WHERE name = 'events'").toArray(),
    );
    expect(left).toEqual([]);
  });
});

describe.each(["before", "after", "refused"] as const)("cut short %s a use of R2", (when) => {
  it("[H10] forks and imports end with the whole log", { timeout: 120_000 }, async () => {
    const group = await makeGroup();
    await grow(group, 0, HOT_MAX_EVENTS + 2_500);
    await expect.poll(() => rowsOf(group.id, "segments")).toBeGreaterThan(0);
    const bytes = await exported(group);
    const origin = await logOf(group.id, group.lena);
    mishap.when = when;
    const uses = await atEveryUse(async (at) => {
      const fine = mishap.at;
      mishap.at = 0;
      const copy = forkOf(group);
      mishap.at = fine;
      await controlOf(stubOf(copy.group))
        .copyFrom(copy)
        .catch(() => null);
      const left = mishap.at;
      mishap.at = 0;
      await whole(copy);
      const log = await logOf(copy.group, group.lena);
      expect(log.length, `fork, use ${at}`).toBe(origin.length + 1);
      expect(log.slice(0, -1), `fork, use ${at}`).toEqual(origin);
      mishap.at = left;
    });
    expect(uses).toBeGreaterThan(3);
    await atEveryUse(async (at) => {
      const fine = mishap.at;
      mishap.at = 0;
      const copy: GroupCopy = { ...forkOf(group), from: { how: "import", agents: [] } };
      await staged(copy.group, bytes);
      mishap.at = fine;
      await controlOf(stubOf(copy.group))
        .copyFrom(copy)
        .catch(() => null);
      const left = mishap.at;
      mishap.at = 0;
      await whole(copy);
      const log = await logOf(copy.group, group.lena);
      expect(log.length, `import, use ${at}`).toBe(origin.length + 1);
      mishap.at = left;
    });
  });
});
