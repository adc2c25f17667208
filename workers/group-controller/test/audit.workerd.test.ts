// What groups tell the audit trail: each piece of news, in order, again when it was not taken, and nothing anybody said.
import {
  env,
  evictDurableObject,
  runDurableObjectAlarm,
  runInDurableObject,
} from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";

import { HOT_MAX_EVENTS, type ApprovalId, type GroupNews } from "@acos/protocol";

import { NEWS_KINDS } from "../src/audit/audit-news.ts";
import { freshId, makeGroup, MemberSocket, stubOf, type TestGroup } from "./member.ts";
import { grow } from "./mishaps.ts";
import { audit } from "./worker.ts";

const BUCKET = (env as unknown as { ARCHIVE: R2Bucket }).ARCHIVE;

afterEach(() => {
  audit.down = false;
});

const toldBy = ({ id }: TestGroup): GroupNews[] => (audit.told.get(id) ?? []).flat();

/** Waits until a group has told so much. */
async function told(group: TestGroup, count: number): Promise<GroupNews[]> {
  await vi.waitFor(() => expect(toldBy(group).length).toBeGreaterThanOrEqual(count), 8000);
  return toldBy(group);
}

const alarmOf = ({ stub }: TestGroup) =>
  runInDurableObject(stub, (_object, context) => context.storage.getAlarm());

async function join(group: TestGroup) {
  const noor = { user: freshId("user"), name: "Noor", orgs: [] };
  const card = { user: noor.user, name: "Noor", handle: "noor" };
  await group.control.putMember(group.lena, { type: "user", card, role: "member" });
  return noor;
}

describe("the audit trail", () => {
  it("[N1] is told who came, changed and left, by whom, and that settings changed", async () => {
    const group = await makeGroup();
    const noor = await join(group);
    const card = { user: noor.user, name: "Noor", handle: "noor" };
    await group.control.putMember(group.lena, { type: "user", card, role: "viewer" });
    await group.control.removeMember(group.lena, noor.user);
    const command = { kind: "settings-change", name: "A secret name" } as const;
    await group.control.command(group.lena, { id: "c", command });
    const { user } = group.lena;
    const org = group.ada.pin.org;
    expect((await told(group, 6)).map(({ note }) => note)).toEqual([
      { kind: "member-joined", actor: org, subject: user, details: { role: "admin" } },
      {
        kind: "member-joined",
        actor: org,
        subject: group.ada.pin.agent,
        details: { role: "member" },
      },
      { kind: "member-joined", actor: user, subject: noor.user, details: { role: "member" } },
      { kind: "member-changed", actor: user, subject: noor.user, details: { role: "viewer" } },
      { kind: "member-left", actor: user, subject: noor.user },
      { kind: "settings-changed", actor: user, details: { changed: "name" } },
    ]);
  });

  it("[N1] is told of decisions and of calls with an effect, and of no other call, without arguments", async () => {
    const group = await makeGroup();
    const socket = await MemberSocket.live(group, 0);
    socket.post("r", "@ada read");
    await socket.event("run-ended");
    socket.post("w", "@ada write");
    const { event } = await socket.event("approval-asked");
    const { approval, call, digest } = event as unknown as Record<string, string>;
    const decide = { kind: "approval-decide", approval: approval as ApprovalId } as const;
    socket.command("d", { ...decide, decision: "approve" });
    const news = (await told(group, 4)).map(({ note }) => note).slice(2);
    expect(news).toMatchObject([
      { kind: "approval-decided", actor: group.lena.user, subject: approval },
      { kind: "tool-call-dispatched", actor: group.ada.pin.agent, subject: call },
    ]);
    expect(news[0]!.details).toMatchObject({ decision: "approve", digest });
    expect(news[1]!.details).toMatchObject({ tool: "write", digest });
    expect(JSON.stringify(news)).not.toContain("/a");
    expect(JSON.stringify(news)).not.toContain("@ada");
  });

  describe("of a call with an effect that waited until its run had moved to R2", () => {
    /** A group whose call waits for its approval, behind the events that are still in the object. */
    async function waiting() {
      const group = await makeGroup();
      const socket = await MemberSocket.live(group, 0);
      socket.post("w", "@ada write");
      const { event } = await socket.event("approval-asked");
      await grow(group, 0, HOT_MAX_EVENTS + 100);
      await vi.waitFor(async () => expect(await firstHere(group)).toBeGreaterThan(100), 15_000);
      const { approval, call } = event as unknown as Record<string, string>;
      const decide = { kind: "approval-decide", approval: approval as ApprovalId } as const;
      return { group, call, decide: { ...decide, decision: "approve" } as const };
    }

    const firstHere = ({ id }: TestGroup): Promise<number> =>
      runInDurableObject(stubOf(id), (_object, { storage }) =>
        Number(storage.sql.exec("SELECT min(seq) AS first FROM events").one()["first"]),
      );

    const noteOf = (group: TestGroup, call: string | undefined) => ({
      kind: "tool-call-dispatched",
      actor: group.ada.pin.agent,
      subject: call,
      details: { tool: "write" },
    });

    const untilDispatchTold = (group: TestGroup, call: string | undefined) =>
      vi.waitFor(
        () =>
          expect(toldBy(group).map(({ note }) => note)).toMatchObject([
            {},
            {},
            {},
            noteOf(group, call),
          ]),
        8000,
      );

    const untilRunsEnded = (group: TestGroup) =>
      vi.waitFor(async () => {
        const view = await group.control.view(group.lena);
        expect(view.ok && view.value.runs).toEqual([]);
      }, 8000);

    it("[N1] is told while the run is open", { timeout: 60_000 }, async () => {
      const { group, call, decide } = await waiting();
      await group.control.command(group.lena, { id: "d", command: decide });
      await untilDispatchTold(group, call);
    });

    it("[N1] [N2] is told where the run has ended meanwhile", { timeout: 60_000 }, async () => {
      const { group, call, decide } = await waiting();
      audit.down = true;
      await group.control.command(group.lena, { id: "d", command: decide });
      await untilRunsEnded(group);
      audit.down = false;
      await runDurableObjectAlarm(group.stub);
      await untilDispatchTold(group, call);
    });

    it("[N2] [H11] holds up no other news where it is damaged", { timeout: 60_000 }, async () => {
      const { group, decide } = await waiting();
      audit.down = true;
      await group.control.command(group.lena, { id: "d", command: decide });
      await untilRunsEnded(group);
      const { objects } = await BUCKET.list({
        prefix: `groups/${group.stub.id.toString()}/segments/`,
      });
      await BUCKET.delete(objects.map(({ key }) => key));
      audit.down = false;
      await join(group);
      const kinds = (await told(group, 4)).map(({ note }) => note.kind);
      expect(kinds.slice(2)).toEqual(["approval-decided", "member-joined"]);
    });
  });

  it("[N2] is told everything once while it answers, also after an eviction", async () => {
    const group = await makeGroup();
    await join(group);
    await told(group, 3);
    await evictDurableObject(group.stub);
    await join(group);
    const news = await told(group, 4);
    const seqs = news.map(({ seq }) => seq);
    expect(seqs).toEqual([...new Set(seqs)].toSorted((one, other) => one - other));
  });

  it("[N2] is told again what it did not take, by the alarm alone, in order", async () => {
    audit.down = true;
    const group = await makeGroup();
    await join(group);
    expect(toldBy(group)).toEqual([]);
    // Once in vain, which sets the alarm again, and once more.
    expect(await runDurableObjectAlarm(group.stub)).toBe(true);
    await vi.waitFor(async () => expect(await alarmOf(group)).not.toBeNull());
    expect(toldBy(group)).toEqual([]);
    audit.down = false;
    expect(await runDurableObjectAlarm(group.stub)).toBe(true);
    expect((await told(group, 3)).map(({ seq }) => seq)).toEqual([2, 3, 4]);
  });

  it("[N2] is told what a crash left untold, when the object wakes", async () => {
    audit.down = true;
    const group = await makeGroup();
    await join(group);
    const dying = runInDurableObject(stubOf(group.id), (_object, context) =>
      context.abort("a test"),
    );
    await expect(dying).rejects.toThrow("a test");
    audit.down = false;
    await MemberSocket.live({ ...group, stub: stubOf(group.id) });
    expect((await told(group, 3)).map(({ seq }) => seq)).toEqual([2, 3, 4]);
  });

  it("[N3] is told what is owed before a group is deleted, and its silence keeps no group alive", async () => {
    const group = await makeGroup();
    await join(group);
    expect(await group.control.deleteGroup(group.lena)).toMatchObject({ ok: true });
    expect(toldBy(group)).toHaveLength(3);
    const silent = await makeGroup();
    audit.down = true;
    await join(silent);
    expect(await silent.control.deleteGroup(silent.lena)).toMatchObject({ ok: true });
  });

  it("[N4] looks for what is untold by an index of news alone", async () => {
    const group = await makeGroup();
    const kinds = NEWS_KINDS.map((kind) => `'${kind}'`).join(", ");
    const query = `SELECT seq FROM events WHERE kind IN (${kinds}) AND seq > 5 ORDER BY seq`;
    const plan = await runInDurableObject(group.stub, (_object, context) =>
      context.storage.sql.exec(`EXPLAIN QUERY PLAN ${query}`).toArray(),
    );
    expect(JSON.stringify(plan)).toContain("events_of_news");
  });
});
