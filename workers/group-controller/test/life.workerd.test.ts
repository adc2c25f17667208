// Tests of a group's life beyond its object: segments, snapshots, archive and return, and what befalls them on the way.
import {
  env,
  evictDurableObject,
  runDurableObjectAlarm,
  runInDurableObject,
} from "cloudflare:test";
import { afterEach, describe, expect, it } from "vitest";

import {
  HOT_MAX_EVENTS,
  IDLE_ARCHIVE_MS,
  IDLE_SNAPSHOT_MS,
  SEGMENT_MAX_EVENTS,
  type LogEvent,
  type MessageView,
} from "@acos/protocol";

import { controlOf, freshId, makeGroup, MemberSocket, stubOf, type TestGroup } from "./member.ts";
import { atEveryUse, grow, hold, post } from "./mishaps.ts";
import { archivedGroups, clock, holding, mishap } from "./worker.ts";

const BUCKET = (env as unknown as { ARCHIVE: R2Bucket }).ARCHIVE;

afterEach(() => {
  mishap.at = 0;
  holding.puts = null;
  clock.aheadMs = 0;
});

const controlFor = (group: TestGroup) => controlOf(stubOf(group.id));

async function logOf(group: TestGroup): Promise<readonly LogEvent[]> {
  const items: LogEvent[] = [];
  for (;;) {
    const page = await controlFor(group).events(group.lena, { after: items.length, limit: 500 });
    if (!page.ok) throw new Error(page.problem.message);
    items.push(...page.value.items);
    if (page.value.nextCursor === null) return items;
  }
}

async function messagesOf(group: TestGroup): Promise<readonly MessageView[]> {
  const items: MessageView[] = [];
  let before: number | undefined;
  for (;;) {
    const asked = { limit: 400, ...(before !== undefined && { before }) };
    const page = await controlFor(group).messages(group.lena, asked);
    if (!page.ok) throw new Error(page.problem.message);
    items.unshift(...page.value.items);
    if (page.value.nextCursor === null) return items;
    before = Number(page.value.nextCursor);
  }
}

/** Everything that a member can know of a group, but for its own comings and goings. */
async function knownOf(group: TestGroup): Promise<unknown> {
  const view = await controlFor(group).view(group.lena);
  if (!view.ok) throw new Error(view.problem.message);
  const log = (await logOf(group)).filter(
    ({ event }) => event.kind !== "group-archived" && event.kind !== "group-restored",
  );
  const { head: _, ...rest } = view.value;
  return { rest, log: log.map(({ at, event }) => ({ at, event })) };
}

const rowsOf = (group: TestGroup, table: string): Promise<number> =>
  runInDurableObject(stubOf(group.id), (_object, { storage }) =>
    Number(storage.sql.exec(`SELECT count(*) AS count FROM ${table}`).one()["count"]),
  );

const hasTables = (group: TestGroup): Promise<boolean> =>
  runInDurableObject(stubOf(group.id), (_object, { storage }) => {
    const query = "SELECT 1 FROM sqlite_master WHERE name = 'events'";
    return storage.sql.exec(query).toArray().length > 0;
  });

async function objectsOf(group: TestGroup, stem = ""): Promise<readonly R2Object[]> {
  const prefix = `groups/${group.stub.id.toString()}/${stem}`;
  return (await BUCKET.list({ prefix })).objects;
}

async function untilFlushed(group: TestGroup): Promise<void> {
  await expect
    .poll(() => rowsOf(group, "events"), { timeout: 15_000 })
    .toBeLessThan(HOT_MAX_EVENTS);
}

describe("segments", () => {
  it(
    "[H1] [H2] older events move to R2, and every page joins as before",
    { timeout: 60_000 },
    async () => {
      const group = await makeGroup();
      const count = HOT_MAX_EVENTS + SEGMENT_MAX_EVENTS + 100;
      await grow(group, 0, count);
      await untilFlushed(group);
      expect(await rowsOf(group, "segments")).toBe(2);
      const log = await logOf(group);
      expect(log.map(({ seq }) => seq)).toEqual(log.map((_, index) => index + 1));
      const messages = await messagesOf(group);
      expect(messages.map(({ parts }) => parts[0]!.text)).toEqual(
        Array.from({ length: count }, (_, number) => `message ${number}`),
      );
      await evictDurableObject(stubOf(group.id));
      expect(await logOf(group)).toEqual(log);
    },
  );

  it(
    "[H3] a message in R2 is still read, edited, answered and withdrawn",
    { timeout: 60_000 },
    async () => {
      const group = await makeGroup();
      await grow(group, 0, HOT_MAX_EVENTS + 10);
      await untilFlushed(group);
      const [, second, third] = await messagesOf(group);
      const give = (id: string, command: object) =>
        controlFor(group).command(group.lena, { id, command: command as ReturnType<typeof post> });
      const { message } = second!;
      expect(
        await give("e", { kind: "message-edit", message, parts: post("better").parts }),
      ).toMatchObject({ ok: true });
      expect(await give("r", { kind: "message-redact", message: third!.message })).toMatchObject({
        ok: true,
      });
      expect(await give("a", { ...post("answer"), replyTo: message })).toMatchObject({ ok: true });
      const read = async () =>
        (await messagesOf(group)).slice(0, 4).map(({ parts }) => parts[0]?.text);
      expect(await read()).toEqual(["message 0", "better", undefined, "message 3"]);
      // The changes move, too, and still count.
      await grow(group, 10_000, 10_000 + SEGMENT_MAX_EVENTS);
      await untilFlushed(group);
      expect(await read()).toEqual(["message 0", "better", undefined, "message 3"]);
      expect(await controlFor(group).message(group.lena, message)).toMatchObject({
        ok: true,
        value: { parts: [{ text: "better" }] },
      });
      const served = await controlFor(group).events(group.lena, { after: 0, limit: 20 });
      expect(JSON.stringify(served)).not.toContain('"message 2"');
    },
  );

  it(
    "[F7] a withdrawn message in R2 is not found again, however many were withdrawn since",
    { timeout: 60_000 },
    async () => {
      const group = await makeGroup();
      const give = (id: string, command: object) =>
        controlFor(group).command(group.lena, { id, command: command as ReturnType<typeof post> });
      await give("z", post("zebra secret"));
      await grow(group, 0, HOT_MAX_EVENTS + 10);
      await untilFlushed(group);
      const search = async () => {
        const found = await controlFor(group).search(group.lena, {
          q: "zebra",
          cursor: 0,
          limit: 9,
        });
        return found.ok ? found.value.items.map(({ snippet }) => snippet) : found.problem;
      };
      expect(await search()).toHaveLength(1);
      const [zebra, ...others] = await messagesOf(group);
      const withdraw = ({ message }: MessageView) =>
        give(`r ${message}`, { kind: "message-redact", message });
      await withdraw(zebra!);
      expect(await search()).toEqual([]);
      for (const other of others.slice(0, 501)) await withdraw(other);
      expect(await search()).toEqual([]);
    },
  );

  it(
    "[H4] a socket that wants what lies in R2 is told where to read it",
    { timeout: 60_000 },
    async () => {
      const group = await makeGroup();
      await grow(group, 0, HOT_MAX_EVENTS + 10);
      await untilFlushed(group);
      const socket = await MemberSocket.live(group, 0);
      const { from } = await socket.next("reset");
      expect(from).toBe(SEGMENT_MAX_EVENTS);
      expect(socket.of("event")[0]!.seq).toBe(from + 1);
    },
  );

  it(
    "[H5] R2 that does not answer loses nothing, and the next try makes up for it",
    { timeout: 60_000 },
    async () => {
      const group = await makeGroup();
      mishap.at = 1;
      mishap.when = "refused";
      await grow(group, 0, HOT_MAX_EVENTS + 1);
      await expect.poll(() => mishap.at).toBe(0);
      expect(await rowsOf(group, "segments")).toBe(0);
      // Far more uses than there are: what is left of them says how many there were.
      mishap.at = 1_000;
      await grow(group, HOT_MAX_EVENTS + 1, HOT_MAX_EVENTS + 200);
      expect(mishap.at).toBe(1_000);
      mishap.at = 0;
      await runDurableObjectAlarm(stubOf(group.id));
      await untilFlushed(group);
      expect(await rowsOf(group, "segments")).toBe(1);
      expect((await messagesOf(group)).length).toBe(HOT_MAX_EVENTS + 200);
    },
  );
});

describe("the archive", () => {
  it("[H6] an archived group leaves nothing in the object and comes back the same", async () => {
    const group = await makeGroup();
    await grow(group, 0, 300);
    const before = await knownOf(group);
    const archived = await controlFor(group).archive(group.lena);
    expect(archived).toMatchObject({ ok: true });
    expect(await hasTables(group)).toBe(false);
    expect(archivedGroups.has(group.id)).toBe(true);
    expect(await knownOf(group)).toEqual(before);
    expect(archivedGroups.has(group.id)).toBe(false);
    const kinds = (await logOf(group)).slice(-2).map(({ event }) => event.kind);
    expect(kinds).toEqual(["group-archived", "group-restored"]);
  });

  it("[H6] is made of a group that is just moving events, as soon as they have moved", async () => {
    const group = await makeGroup();
    await grow(group, 0, HOT_MAX_EVENTS + 10);
    expect(await controlFor(group).archive(group.lena)).toMatchObject({ ok: true });
    expect(await hasTables(group)).toBe(false);
    expect((await messagesOf(group)).length).toBe(HOT_MAX_EVENTS + 10);
  });

  it("[H6] goes on where it was: the same command id is not done again", async () => {
    const group = await makeGroup();
    await grow(group, 0, 5);
    await controlFor(group).archive(group.lena);
    const again = await controlFor(group).command(group.lena, { id: "g-4", command: post("no") });
    expect(again).toMatchObject({ ok: true, value: { seq: 8 } });
    const next = await controlFor(group).command(group.lena, { id: "new", command: post("yes") });
    expect(next).toMatchObject({ ok: true });
    expect((await messagesOf(group)).length).toBe(6);
  });

  it("[H7] whoever may not see the group does not bring it back", async () => {
    const group = await makeGroup();
    await controlFor(group).archive(group.lena);
    const eve = {
      ...group.lena,
      user: freshId("user"),
    };
    expect(await controlFor(group).view(eve)).toMatchObject({ problem: { code: "not_found" } });
    expect(archivedGroups.has(group.id)).toBe(true);
    await runDurableObjectAlarm(stubOf(group.id));
    expect(await hasTables(group)).toBe(false);
  });

  it("[H7] an agent's new version reaches an archived group, which stays archived", async () => {
    const group = await makeGroup();
    await controlFor(group).archive(group.lena);
    const card = { ...group.ada, pin: { ...group.ada.pin, version: 2, revision: 2 } };
    expect(await controlFor(group).adopt(card)).toMatchObject({ ok: true });
    await runDurableObjectAlarm(stubOf(group.id));
    expect(await hasTables(group)).toBe(false);
    expect(archivedGroups.has(group.id)).toBe(true);
    const view = await controlFor(group).view(group.lena);
    expect(view).toMatchObject({ ok: true, value: { members: [{}, { version: 2 }] } });
  });

  it("[H8] an idle group writes a snapshot after minutes and is archived after days", async () => {
    const group = await makeGroup();
    await grow(group, 0, 3);
    clock.aheadMs = IDLE_SNAPSHOT_MS + 1_000;
    await runDurableObjectAlarm(stubOf(group.id));
    expect(await objectsOf(group, "snapshots/")).toHaveLength(1);
    expect(await hasTables(group)).toBe(true);
    clock.aheadMs = IDLE_ARCHIVE_MS + 60_000;
    await runDurableObjectAlarm(stubOf(group.id));
    expect(await hasTables(group)).toBe(false);
    expect((await messagesOf(group)).length).toBe(3);
  });

  it("[H9] deleting leaves nothing in R2", async () => {
    const group = await makeGroup();
    await grow(group, 0, 300);
    await controlFor(group).archive(group.lena);
    expect((await objectsOf(group)).length).toBeGreaterThan(2);
    expect(await controlFor(group).deleteGroup(group.lena)).toMatchObject({ ok: true });
    expect(await objectsOf(group)).toEqual([]);
    expect(await controlFor(group).view(group.lena)).toMatchObject({
      problem: { code: "not_found" },
    });
  });
});

describe("a group that is deleted while something of it is written to R2", () => {
  async function deletedWhile(group: TestGroup, writes: () => Promise<unknown>): Promise<void> {
    const { untilHeld, letGo } = hold(group.stub.id.toString());
    const written = writes().catch(() => null);
    await untilHeld;
    const deleted = controlFor(group).deleteGroup(group.lena);
    await scheduler.wait(100);
    letGo();
    expect(await deleted).toMatchObject({ ok: true });
    await written;
    expect((await objectsOf(group)).map(({ key }) => key)).toEqual([]);
    await evictDurableObject(stubOf(group.id));
    expect(await controlFor(group).view(group.lena)).toMatchObject({
      problem: { code: "not_found" },
    });
  }

  it("[H9] does not come back by the snapshot of an idle one", async () => {
    const group = await makeGroup();
    await grow(group, 0, 3);
    clock.aheadMs = IDLE_SNAPSHOT_MS + 1_000;
    await deletedWhile(group, () => runDurableObjectAlarm(stubOf(group.id)));
  });

  it("[H9] leaves no segment, nor the snapshot that would have followed it", async () => {
    const group = await makeGroup();
    mishap.at = 1;
    mishap.when = "refused";
    await grow(group, 0, HOT_MAX_EVENTS + 1);
    await expect.poll(() => mishap.at).toBe(0);
    clock.aheadMs = IDLE_SNAPSHOT_MS + 1_000;
    await deletedWhile(group, () => runDurableObjectAlarm(stubOf(group.id)));
  });
});

describe.each(["before", "after", "refused"] as const)("cut short %s a use of R2", (when) => {
  it(
    "[H10] archiving and coming back lose nothing and double nothing",
    { timeout: 120_000 },
    async () => {
      mishap.when = when;
      let uses = await atEveryUse(async (at) => {
        const group = await makeGroup();
        const fine = mishap.at;
        mishap.at = 0;
        await grow(group, 0, 300);
        const before = await knownOf(group);
        mishap.at = fine;
        await controlFor(group)
          .archive(group.lena)
          .catch(() => null);
        const left = mishap.at;
        mishap.at = 0;
        expect(await knownOf(group), `archive, use ${at}`).toEqual(before);
        mishap.at = left;
      });
      expect(uses).toBeGreaterThan(5);
      uses = await atEveryUse(async (at) => {
        const fine = mishap.at;
        mishap.at = 0;
        const group = await makeGroup();
        await grow(group, 0, 300);
        const before = await knownOf(group);
        await controlFor(group).archive(group.lena);
        mishap.at = fine;
        await controlFor(group)
          .view(group.lena)
          .catch(() => null);
        const left = mishap.at;
        mishap.at = 0;
        expect(await knownOf(group), `return, use ${at}`).toEqual(before);
        mishap.at = left;
      });
      expect(uses).toBeGreaterThan(1);
    },
  );
});

describe("damage in R2", () => {
  const damages: readonly [string, (bytes: Uint8Array) => Uint8Array | null][] = [
    ["a flipped bit", (bytes) => bytes.with(bytes.length >> 1, bytes[bytes.length >> 1]! ^ 4)],
    ["a truncation", (bytes) => bytes.slice(0, -1)],
    ["a missing object", () => null],
  ];
  async function harm(
    key: string,
    change: (bytes: Uint8Array) => Uint8Array | null,
  ): Promise<void> {
    const bytes = new Uint8Array(await (await BUCKET.get(key))!.arrayBuffer());
    const harmed = change(bytes);
    if (harmed) await BUCKET.put(key, harmed);
    else await BUCKET.delete(key);
  }

  it.each(damages)(
    "[H11] %s in a snapshot gives way to the one before, and says what is lost",
    async (_name, change) => {
      const group = await makeGroup();
      await grow(group, 0, 3);
      await controlFor(group).archive(group.lena);
      await grow(group, 3, 6);
      await controlFor(group).archive(group.lena);
      const [, newest] = await objectsOf(group, "snapshots/");
      await harm(newest!.key, change);
      const texts = (await messagesOf(group)).map(({ parts }) => parts[0]!.text);
      expect(texts).toEqual(["message 0", "message 1", "message 2"]);
      const last = (await logOf(group)).at(-1)!.event;
      expect(last).toMatchObject({ kind: "group-restored", lost: 5 });
    },
  );

  it.each(damages)(
    "[H11] %s in the only snapshot or in a segment is said, never served",
    async (name, change) => {
      const group = await makeGroup();
      await grow(group, 0, 300);
      await controlFor(group).archive(group.lena);
      const [segment] = await objectsOf(group, "segments/");
      await harm(segment!.key, change);
      const page = await controlFor(group).events(group.lena, { after: 0, limit: 10 });
      expect(page).toMatchObject({ ok: false, problem: { code: "storage_damaged" } });
      // What is not damaged is served on.
      expect(await controlFor(group).messages(group.lena, { limit: 10 })).toMatchObject({
        ok: true,
      });
      if (name === "a missing object") return;
      await controlFor(group).archive(group.lena);
      for (const snapshot of await objectsOf(group, "snapshots/")) await harm(snapshot.key, change);
      const view = await controlFor(group).view(group.lena);
      expect(view).toMatchObject({ ok: false, problem: { code: "storage_damaged" } });
    },
  );
});
