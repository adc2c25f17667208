// Copies and ends of a group: forks, bundles that another installation opens, damaged ones, and deletion.
import type {
  AgentView,
  AuditEntryView,
  Command,
  GroupView,
  JobView,
  LogEvent,
  MessageView,
  Page,
} from "@acos/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { problemOf, signUp, type Answer, type Rest, type SignedUpUser } from "../rest.ts";
import { script } from "../scripted-model.ts";
import type { GroupSocket } from "../socket.ts";
import { enter, give, openScene, runOf, say, textOf, event, type Scene } from "./scene.ts";
import { keysInArchive, objectsInArchive } from "./stored.ts";
import { hitsOf, logOf, messagesOf } from "./whole-log.ts";
import { milestone, talk } from "./talk.ts";

let scene: Scene;
let agent: AgentView;
let guest: SignedUpUser;
let group: GroupView;
let socket: GroupSocket;
let secret: string;

beforeAll(async () => {
  scene = await openScene({ env: { ACOS_FRAMES_PER_MINUTE: "1000000" } });
  agent = await scene.agent("marlin");
  guest = await signUp(scene.product.url, "Gus");
  group = await scene.group([agent]);
  await scene.owner.rest.put(`/groups/${group.id}/members/${guest.id}`, { role: "member" });
  socket = await enter(scene.owner.rest, group.id, 0);
  const gus = await enter(guest.rest, group.id);
  await say(gus, "The key to the boathouse hangs behind the clock.");
  gus.close();
  const withdrawn = await say(socket, "a slip of the tongue: xyzzy");
  secret = withdrawn.event.message;
  await give(socket, { kind: "message-redact", message: secret as never });
  await runOf(socket, await say(socket, `@marlin ${script({ text: "I have seen it." })}`));
  await talk(socket, 0, 6);
  expect(await milestone(socket)).toMatchObject({ kind: "summary-made" });
  await talk(socket, 6, 400);
  // So much talk asks for a summary again: what comes of it belongs to the log that is copied.
  const isMaking = async () =>
    (await owner().get<GroupView>(`/groups/${group.id}`)).summary?.making;
  while (await isMaking());
});
afterAll(() => scene.close());

const owner = () => scene.owner.rest;
const post = (text: string): Command => ({ kind: "message-post", parts: [{ type: "text", text }] });

/** Waits until a copy has all of its history. */
async function whole(rest: Rest, made: GroupView): Promise<GroupView> {
  let view = made;
  await expect
    .poll(async () => (view = await rest.get<GroupView>(`/groups/${made.id}`)).state, {
      timeout: 20_000,
    })
    .toBe("active");
  return view;
}

const said = (messages: readonly MessageView[]) =>
  messages.map(({ seq, at, by, parts }) => ({ seq, at, by, parts }));

function sendBundle<T>(rest: Rest, org: string, raw: Uint8Array<ArrayBuffer>): Promise<Answer<T>> {
  const headers = { "content-type": "application/x-tar" };
  return rest.call<T>("POST", `/orgs/${org}/groups/import`, { raw, headers });
}

describe("a fork", () => {
  it("has the history up to the seq, its agents and nobody but its maker, and goes on by itself", async () => {
    const origin = await logOf(owner(), group.id);
    const atSeq = origin.length - 50;
    const made = await owner().post<GroupView>(`/groups/${group.id}/fork`, {
      atSeq,
      name: "Another way",
    });
    const fork = await whole(owner(), made);
    expect(fork.members.map(({ name }) => name).toSorted()).toEqual(["Olive", "marlin"]);
    const log = await logOf(owner(), fork.id);
    const words = (rows: readonly LogEvent[]) =>
      rows.filter(({ event: one }) => !("message" in one && one.message === secret));
    expect(words(log.slice(0, atSeq))).toEqual(words(origin.slice(0, atSeq)));
    expect(JSON.stringify(log)).not.toContain("xyzzy");
    expect(log[atSeq]?.event).toMatchObject({ kind: "group-copied", how: "fork" });
    const inside = await enter(owner(), fork.id);
    await runOf(inside, await say(inside, `@marlin ${script({ text: "here, too" })}`));
    inside.close();
    expect(await logOf(owner(), group.id)).toEqual(origin);
    expect((await guest.rest.call("GET", `/groups/${fork.id}`)).status).toBe(404);
    const jobs = await owner().get<Page<JobView>>(`/groups/${fork.id}/jobs`);
    expect(jobs.items).toContainEqual(expect.objectContaining({ kind: "fork", state: "done" }));
  });

  it("after the end of the log, or by somebody outside, is refused", async () => {
    const late = await owner().call("POST", `/groups/${group.id}/fork`, {
      body: { atSeq: 1_000_000 },
    });
    expect([late.status, problemOf(late).code]).toEqual([400, "invalid_request"]);
    const eve = await signUp(scene.product.url, "Eve");
    const foreign = await eve.rest.call("POST", `/groups/${group.id}/fork`, { body: {} });
    expect(foreign.status).toBe(404);
  });
});

describe("a bundle", () => {
  let elsewhere: Scene;
  let bundle: Uint8Array<ArrayBuffer>;
  beforeAll(async () => {
    elsewhere = await openScene();
    bundle = await owner().download(`/groups/${group.id}/export`);
  });
  afterAll(() => elsewhere.close());

  it("opens in another installation: the same messages, agents that work there, people as authors only", async () => {
    const { rest, org } = elsewhere.owner;
    const answer = await sendBundle<GroupView>(rest, org, bundle);
    expect(answer.status, JSON.stringify(answer.body)).toBe(201);
    const there = await whole(rest, answer.body);
    expect(there.members.map(({ name, type }) => `${type} ${name}`).toSorted()).toEqual([
      "agent marlin",
      "user Olive",
    ]);
    expect(there.members.find(({ type }) => type === "user")).toMatchObject({
      user: elsewhere.owner.id,
    });
    const [here, imported] = [await logOf(owner(), group.id), await logOf(rest, there.id)];
    expect(imported.slice(0, here.length)).toEqual(here);
    expect(imported[here.length]?.event).toMatchObject({ kind: "group-copied", how: "import" });
    expect(said(await messagesOf(rest, there.id))).toEqual(
      said(await messagesOf(owner(), group.id)),
    );
    expect((await hitsOf(rest, there.id, "boathouse"))[0]).toMatchObject({ author: "Gus" });
    const inside = await enter(rest, there.id);
    const posted = await say(inside, `@marlin ${script({ text: "at home here" })}`);
    expect((await runOf(inside, posted)).outcome).toBe("done");
    const answered = await event(inside, "message-posted", (one) => one.run !== undefined);
    expect(textOf(answered)).toBe("at home here");
    inside.close();
  });

  it("exported from there is the same log again", async () => {
    const { rest, org } = elsewhere.owner;
    const first = await whole(rest, (await sendBundle<GroupView>(rest, org, bundle)).body);
    const again = await rest.download(`/groups/${first.id}/export`);
    const second = await whole(rest, (await sendBundle<GroupView>(rest, org, again)).body);
    const [one, two] = [await logOf(rest, first.id), await logOf(rest, second.id)];
    expect(two.slice(0, one.length)).toEqual(one);
  });

  it.each([
    ["with a flipped bit in its log", (at: Uint8Array<ArrayBuffer>) => flipped(at, at.length >> 1)],
    ["with a flipped bit at its beginning", (at: Uint8Array<ArrayBuffer>) => flipped(at, 700)],
    ["that is cut short", (at: Uint8Array<ArrayBuffer>) => at.slice(0, at.length - 3_000)],
    ["that is no bundle", () => new TextEncoder().encode("not a tar at all".repeat(100))],
    ["that is empty", () => new Uint8Array(0)],
  ])("%s is refused with words and leaves nothing", async (_name, harm) => {
    const { rest, org } = elsewhere.owner;
    const before = objectsInArchive(elsewhere.product.data);
    const listed = async () =>
      (await rest.get<Page<GroupView>>(`/orgs/${org}/groups`)).items.length;
    const count = await listed();
    const answer = await sendBundle(rest, org, harm(bundle));
    expect(answer.status).toBe(400);
    expect(problemOf(answer).message.length).toBeGreaterThan(20);
    expect(await listed()).toBe(count);
    expect(objectsInArchive(elsewhere.product.data)).toEqual(before);
  });
});

const flipped = (bytes: Uint8Array<ArrayBuffer>, at: number) => bytes.with(at, bytes[at]! ^ 4);

describe("a deleted group", () => {
  it("has nothing left in cold storage; what the audit log says of it stays", async () => {
    const doomed = await scene.group([agent]);
    const before = new Set(objectsInArchive(scene.product.data));
    const inside = await enter(owner(), doomed.id);
    await talk(inside, 0, 300);
    inside.close();
    await owner().post(`/groups/${doomed.id}/archive`);
    await owner().get(`/groups/${doomed.id}`);
    const mine = objectsInArchive(scene.product.data).filter((object) => !before.has(object));
    expect(mine).toHaveLength(1);
    const entries = async () =>
      (await owner().get<Page<AuditEntryView>>(`/orgs/${scene.owner.org}/audit?limit=500`)).items;
    await owner().delete(`/groups/${doomed.id}`);
    const left = () => keysInArchive(scene.product.data).filter((key) => key.includes(mine[0]!));
    await expect.poll(left).toEqual([]);
    expect((await owner().call("GET", `/groups/${doomed.id}`)).status).toBe(404);
    const told = (await entries()).filter((entry) => JSON.stringify(entry).includes(doomed.id));
    expect(told.length).toBeGreaterThanOrEqual(2);
    await owner().call("POST", `/groups/${doomed.id}/commands`, {
      body: { id: "late", command: post("is anybody here?") },
    });
    expect(left()).toEqual([]);
  });
});
