// Tests of a socket's authority: proven again in time, or ended; and ended at once with the session it came from.
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { beforeEach, expect, it } from "vitest";

import { SOCKET_PROOF_GRACE_MS, SOCKET_PROOF_TTL_MS, type Principal } from "@acos/protocol";
import { generateKeyPair, importSigningKey, signRoutingToken, type KeyPair } from "@acos/trust";

import { freshId, makeGroup, MemberSocket, stubOf, upgrade, type TestGroup } from "./member.ts";
import { authorityKey, clock } from "./worker.ts";

const END_MS = SOCKET_PROOF_TTL_MS + SOCKET_PROOF_GRACE_MS;

beforeEach(() => {
  clock.aheadMs = 0;
});

interface Wish {
  readonly user?: Principal;
  readonly sid?: string;
  readonly group?: TestGroup["id"];
  readonly issuedAt?: number;
  readonly key?: KeyPair;
}

const groupNow = (): number => Date.now() + clock.aheadMs;

async function tokenFor({ id, lena, ada }: TestGroup, wish: Wish = {}): Promise<string> {
  const { user, name } = wish.user ?? lena;
  const group = wish.group ?? id;
  const { privateJwk } = wish.key ?? (await authorityKey());
  const claims = { user, name, group, sid: wish.sid ?? "s", jti: freshId("request") };
  return signRoutingToken(
    { ...claims, org: ada.pin.org, role: "admin" },
    await importSigningKey(privateJwk),
    wish.issuedAt ?? groupNow(),
  );
}

async function prove(socket: MemberSocket, token: string): Promise<string> {
  const seen = socket.frames.length;
  socket.send({ type: "prove", token });
  const isAnswer = ({ type }: { type: string }): boolean => type === "proved" || type === "refused";
  const answer = await socket.until(
    (frame) => isAnswer(frame) && socket.frames.indexOf(frame) >= seen,
  );
  return answer.type === "refused" ? answer.problem.code : answer.type;
}

/** Lets the object's alarm go off, as it does when it is due. */
const wake = (group: TestGroup): Promise<boolean> => runDurableObjectAlarm(stubOf(group.id));

it("[S9] a socket that is proven in time stays, and is told until when", async () => {
  const group = await makeGroup();
  const socket = await MemberSocket.live(group);
  const { proveBy } = await socket.next("welcome");
  expect(Math.abs(proveBy! - Date.now() - SOCKET_PROOF_TTL_MS)).toBeLessThan(5_000);
  clock.aheadMs = SOCKET_PROOF_TTL_MS - 1_000;
  expect(await prove(socket, await tokenFor(group))).toBe("proved");
  const { until } = await socket.next("proved");
  expect(Math.abs(until - groupNow() - SOCKET_PROOF_TTL_MS)).toBeLessThan(5_000);
  clock.aheadMs = END_MS + 1_000;
  expect(await wake(group)).toBe(true);
  socket.post("c-1", "still here");
  expect(await socket.next("ack")).toMatchObject({ id: "c-1" });
});

it("[S9] a socket that is never proven closes by the alarm, also out of hibernation", async () => {
  const group = await makeGroup();
  const socket = await MemberSocket.live(group);
  await evictDurableObject(group.stub);
  clock.aheadMs = SOCKET_PROOF_TTL_MS + SOCKET_PROOF_GRACE_MS / 2;
  expect(await wake(group)).toBe(true);
  expect(socket.closed).toBeNull();
  await evictDurableObject(group.stub);
  clock.aheadMs = END_MS + 1_000;
  expect(await wake(group)).toBe(true);
  expect(await socket.untilClosed()).toEqual({ code: 4401, reason: "expired_token" });
});

it("[S9] nor does the first message after a hibernation put its end off", async () => {
  const group = await makeGroup();
  const socket = await MemberSocket.live(group);
  await evictDurableObject(group.stub);
  clock.aheadMs = END_MS - 60_000;
  socket.post("c-1", "good morning");
  await socket.next("ack");
  const alarm = await runInDurableObject(group.stub, (_object, { storage }) => storage.getAlarm());
  expect(alarm).toBeLessThanOrEqual(groupNow() + 61_000);
});

it("[S9] an alarm that is set for a run does not make the object forget its sockets", async () => {
  const group = await makeGroup();
  const socket = await MemberSocket.live(group);
  socket.post("c-1", "@ada say hi");
  await socket.event("run-ended");
  expect(await wake(group)).toBe(true);
  clock.aheadMs = END_MS + 1_000;
  expect(await wake(group)).toBe(true);
  expect(await socket.untilClosed()).toMatchObject({ code: 4401 });
});

it("[S9] a frame that comes too late closes the socket and does nothing else", async () => {
  const group = await makeGroup();
  const socket = await MemberSocket.live(group);
  clock.aheadMs = END_MS + 1_000;
  socket.post("c-1", "too late");
  expect(await socket.untilClosed()).toEqual({ code: 4401, reason: "expired_token" });
  const log = await group.control.messages(group.lena, { limit: 10 });
  expect(log).toMatchObject({ ok: true, value: { items: [] } });
});

it("[S9] a bad token is refused and changes nothing", async () => {
  const group = await makeGroup();
  const noor = { user: freshId("user"), name: "Noor", orgs: [] };
  const socket = await MemberSocket.live(group);
  const used = await tokenFor(group);
  expect(await prove(socket, used)).toBe("proved");
  const foreign = await generateKeyPair();
  const refusals = {
    nonsense: "invalid_token",
    [used]: "used_token",
    [await tokenFor(group, { user: noor })]: "forbidden",
    [await tokenFor(group, { group: freshId("group") })]: "invalid_token",
    [await tokenFor(group, { issuedAt: groupNow() - 61_000 })]: "expired_token",
    [await tokenFor(group, { key: foreign })]: "invalid_token",
  };
  for (const [token, code] of Object.entries(refusals))
    expect([code, await prove(socket, token)]).toEqual([code, code]);
  expect(socket.of("proved")).toHaveLength(1);
  clock.aheadMs = END_MS + 1_000;
  expect(await wake(group)).toBe(true);
  expect(await socket.untilClosed()).toMatchObject({ code: 4401 });
});

it("[S9] a token that proved a socket opens none", async () => {
  const group = await makeGroup();
  const socket = await MemberSocket.live(group);
  const jti = freshId("request");
  const key = await importSigningKey((await authorityKey()).privateJwk);
  const { user, name } = group.lena;
  const said = { user, name, jti, sid: "s", group: group.id, org: group.ada.pin.org };
  const token = await signRoutingToken({ ...said, role: "admin" }, key, groupNow());
  expect(await prove(socket, token)).toBe("proved");
  expect((await upgrade(group.stub, group.lena, { jti })).status).toBe(401);
});

it("[S10] the end of a session closes its sockets at once, and no other ones", async () => {
  const group = await makeGroup();
  const ended = await MemberSocket.open(group, group.lena, "one");
  const other = await MemberSocket.open(group, group.lena, "two");
  expect(await group.control.endSession(group.lena.user, "one")).toMatchObject({
    ok: true,
    value: { closed: 1 },
  });
  expect(await ended.untilClosed()).toEqual({ code: 4401, reason: "unauthenticated" });
  other.send({ type: "hello", protocol: 1 });
  await other.next("live");
  await group.control.endSession(group.lena.user, null);
  expect(await other.untilClosed()).toEqual({ code: 4401, reason: "unauthenticated" });
});

it("[S10] a socket belongs to the session that proved it last, also out of hibernation", async () => {
  const group = await makeGroup();
  const socket = await MemberSocket.live(group);
  expect(await prove(socket, await tokenFor(group, { sid: "next" }))).toBe("proved");
  await evictDurableObject(group.stub);
  const end = (sid: string) => group.control.endSession(group.lena.user, sid);
  expect(await end("s")).toEqual({ ok: true, value: { closed: 0 } });
  expect(await end("next")).toEqual({ ok: true, value: { closed: 1 } });
  expect(await socket.untilClosed()).toMatchObject({ code: 4401 });
});

it("[S10] a token of before the session's end neither opens nor proves a socket", async () => {
  const group = await makeGroup();
  const other = await MemberSocket.live(group);
  const kept = await tokenFor(group, { sid: "gone" });
  await group.control.endSession(group.lena.user, "gone");
  expect((await upgrade(group.stub, group.lena, { sid: "gone" })).status).toBe(401);
  expect(await prove(other, kept)).toBe("used_token");
  expect((await upgrade(group.stub, group.lena, { sid: "s" })).status).toBe(101);
  await group.control.endSession(group.lena.user, null);
  expect((await upgrade(group.stub, group.lena, { sid: "s" })).status).toBe(401);
  clock.aheadMs = 2_000;
  const exp = Math.floor(groupNow() / 1000) + 60;
  expect((await upgrade(group.stub, group.lena, { sid: "later", exp })).status).toBe(101);
});

it("[S6] whom the org lets go is out of the group at once", async () => {
  const group = await makeGroup();
  const socket = await MemberSocket.live(group);
  expect(await group.control.letGo(group.lena.user, [])).toMatchObject({ ok: true });
  expect(await socket.untilClosed()).toEqual({ code: 4403, reason: "forbidden" });
  expect(await group.control.view(group.lena)).toMatchObject({ ok: false });
});
