// The connection against a group in memory: tokens, reconnects, fatal ends, liveness, resets and order.
import { expect, it } from "vitest";

import { backoffMs, TRANSITIONS } from "../src/connection-state.ts";
import { connectGroup, type GroupConnection } from "../src/index.ts";
import type { ConnectOptions } from "../src/connect-options.ts";
import { posted } from "./builders.ts";
import { FakeClock, settled } from "./fake-clock.ts";
import { FakeGroup } from "./fake-group.ts";

interface Scene {
  readonly group: FakeGroup;
  readonly clock: FakeClock;
  readonly connection: GroupConnection;
  readonly seqs: number[];
}

async function connect(
  prepare: (group: FakeGroup) => void = () => undefined,
  options: Partial<ConnectOptions> = {},
): Promise<Scene> {
  const group = new FakeGroup();
  const clock = new FakeClock();
  const seqs: number[] = [];
  prepare(group);
  const { fetch, webSocket } = group;
  const connection = connectGroup({
    baseUrl: "http://group.test",
    group: "grp_1",
    credentials: { type: "key", key: "k" },
    fetch,
    webSocket,
    clock,
    random: () => 0.5,
    onEvent: ({ seq }) => seqs.push(seq),
    ...options,
  });
  await clock.advance(0);
  await settled();
  return { group, clock, connection, seqs };
}

const stateOf = ({ connection }: Scene): string => connection.snapshot.state.name;
const text = (words: string) => [{ type: "text" as const, text: words }];

it("[C1] a connection says hello on a socket opened with a fresh routing token", async () => {
  const scene = await connect();
  expect(scene.group.socket.url).toBe("ws://group.test/ws?token=t1");
  expect(scene.group.received[0]).toEqual({ type: "hello", protocol: 1 });
  expect(stateOf(scene)).toBe("live");
  scene.group.socket.end(1006);
  await scene.clock.advance(1_000);
  expect(scene.group.socket.url).toBe("ws://group.test/ws?token=t2");
});

it("[C2] the table has an answer for every state and happening, and nothing leaves closed", () => {
  const happenings = Object.keys(TRANSITIONS.asking).toSorted();
  for (const row of Object.values(TRANSITIONS))
    expect(Object.keys(row).toSorted()).toEqual(happenings);
  expect(new Set(Object.values(TRANSITIONS.closed))).toEqual(new Set([null]));
});

it("[C3] it resumes from the last seq it holds", async () => {
  const scene = await connect((group) => void group.append(posted(1, "one")));
  scene.group.socket.end(1006);
  scene.group.append(posted(2, "two"));
  await scene.clock.advance(1_000);
  expect(scene.group.received.at(-1)).toEqual({ type: "hello", protocol: 1, since: 1 });
  expect(scene.seqs).toEqual([1, 2]);
});

it("[C3] waits grow up to 20 s and are spread", () => {
  const waits = [0, 1, 2, 3, 20].map((tries) => backoffMs(tries, 1));
  expect(waits).toEqual([300, 600, 1200, 2400, 20_000]);
  expect(backoffMs(3, 0)).toBe(1200);
});

it.each([401, 403, 404, 410])(
  "[C4] a token refused with %i ends the connection",
  async (status) => {
    const scene = await connect((group) => (group.tokenStatus = status));
    expect(stateOf(scene)).toBe("failed");
    await scene.clock.advance(60_000);
    expect(scene.group.tokens).toBe(1);
  },
);

it.each([429, 500, 503])("[C4] a token refused with %i is asked for again", async (status) => {
  const scene = await connect((group) => (group.tokenStatus = status));
  expect(stateOf(scene)).toBe("waiting");
  scene.group.tokenStatus = 200;
  await scene.clock.advance(1_000);
  expect(stateOf(scene)).toBe("live");
});

it.each([
  [4404, "failed"],
  [4410, "failed"],
  [4403, "failed"],
  [4401, "waiting"],
  [4429, "waiting"],
  [1006, "waiting"],
])("[C4] a socket closed with %i leaves it %s", async (code, name) => {
  const scene = await connect();
  scene.group.socket.end(code);
  await settled();
  expect(stateOf(scene)).toBe(name);
});

it("[C5] a silent socket is asked and then given up", async () => {
  const scene = await connect();
  scene.group.deaf = true;
  await scene.clock.advance(30_000);
  expect(stateOf(scene)).toBe("live");
  await scene.clock.advance(6_000);
  expect(scene.group.sockets.length).toBeGreaterThan(1);
});

it("[C5] a socket that answers pings is kept", async () => {
  const scene = await connect();
  await scene.clock.advance(300_000);
  expect(scene.group.sockets).toHaveLength(1);
  expect(scene.group.received.filter(({ type }) => type === "ping").length).toBeGreaterThan(5);
});

it("[C5] a try that never opens is given up", async () => {
  const scene = await connect((group) => (group.mute = true));
  expect(stateOf(scene)).toBe("opening");
  await scene.clock.advance(15_000);
  expect(stateOf(scene)).toBe("waiting");
});

it("[C6] a closed connection rejects what is unanswered and tries nothing more", async () => {
  const scene = await connect();
  scene.group.deaf = true;
  const outcome = scene.connection.send({ kind: "message-post", parts: text("hi") });
  scene.connection.close();
  await expect(outcome).rejects.toThrow("closed before");
  await scene.clock.advance(60_000);
  expect(scene.group.tokens).toBe(1);
  await expect(scene.connection.send({ kind: "read-mark", seq: 1 })).rejects.toThrow("closed");
});

it("[C7] a wait ends when asked", async () => {
  const scene = await connect();
  scene.group.socket.end(1006);
  await settled();
  scene.connection.retryNow();
  await scene.clock.advance(0);
  await settled();
  expect(stateOf(scene)).toBe("live");
});

const TTL_MS = 900_000;

async function connectForProof(): Promise<Scene> {
  const scene = await connect((group) => (group.proveBy = 1_000_000 + TTL_MS));
  scene.group.proofUntil = () => scene.clock.now() + TTL_MS;
  return scene;
}

const proofsOf = ({ group }: Scene) => group.received.filter(({ type }) => type === "prove");

it("[C8] proves its socket again after two thirds of the time, with a fresh token each time", async () => {
  const scene = await connectForProof();
  await scene.clock.advance(599_000);
  expect(proofsOf(scene)).toEqual([]);
  await scene.clock.advance(2_000);
  expect(proofsOf(scene)).toEqual([{ type: "prove", token: "t2" }]);
  await scene.clock.advance(601_000);
  expect(proofsOf(scene)).toHaveLength(2);
  expect(scene.group.sockets).toHaveLength(1);
});

it("[C8] tries a proof again that was refused or got no answer", async () => {
  const scene = await connectForProof();
  scene.group.proofUntil = undefined;
  await scene.clock.advance(721_000);
  expect(proofsOf(scene)).toHaveLength(3);
  scene.group.tokenStatus = 503;
  await scene.clock.advance(120_000);
  expect(stateOf(scene)).toBe("live");
});

it("[C8] a group that asks for no proof gets none", async () => {
  const scene = await connect();
  await scene.clock.advance(3_600_000);
  expect(proofsOf(scene)).toEqual([]);
});

it.each([
  ["far behind", 36_000_000],
  ["far ahead", -36_000_000],
])("[C8] a clock %s proves neither too late nor without a pause", async (_clock, offMs) => {
  const scene = await connect((group) => (group.proveBy = 1_000_000 + TTL_MS + offMs));
  scene.group.proofUntil = () => scene.clock.now() + TTL_MS + offMs;
  await scene.clock.advance(1_200_000);
  expect(proofsOf(scene).length).toBeGreaterThanOrEqual(2);
  expect(proofsOf(scene).length).toBeLessThanOrEqual(40);
});

it("[C8] a socket closed as not proven comes back with a fresh token and loses nothing", async () => {
  const scene = await connectForProof();
  scene.group.append(posted(1, "one"));
  scene.group.socket.end(4401, "expired_token");
  const sent = scene.connection.send({ kind: "message-post", parts: text("meanwhile") });
  await scene.clock.advance(1_000);
  expect(stateOf(scene)).toBe("live");
  await expect(sent).resolves.toEqual({ seq: 2 });
  expect(scene.seqs).toEqual([1, 2]);
  await scene.clock.advance(601_000);
  expect(proofsOf(scene)).toHaveLength(1);
});

it("[C8] a token refused for good at a proof ends the connection with its problem", async () => {
  const scene = await connectForProof();
  scene.group.tokenStatus = 401;
  scene.group.tokenProblem = { code: "unauthenticated" };
  await scene.clock.advance(601_000);
  const { state } = scene.connection.snapshot;
  expect(state.name === "failed" && state.problem.code).toBe("unauthenticated");
});

it("[L1] an event that comes twice is taken once", async () => {
  const scene = await connect();
  const entry = { seq: scene.group.append(posted(1, "one")), at: 0, event: posted(1, "one") };
  scene.group.socket.push({ type: "event", ...entry });
  expect(scene.seqs).toEqual([1]);
});

it("[L1] a hole makes it resume from the last good seq", async () => {
  const scene = await connect((group) => void group.append(posted(1, "one")));
  scene.group.socket.live = false;
  scene.group.append(posted(2, "two"));
  scene.group.append(posted(3, "three"));
  scene.group.socket.push({ type: "event", seq: 3, at: 0, event: posted(3, "three") });
  await scene.clock.advance(1_000);
  expect(scene.group.received.at(-1)).toEqual({ type: "hello", protocol: 1, since: 1 });
  expect(scene.seqs).toEqual([1, 2, 3]);
});

it("[L1] an end of the replay beyond what came makes it resume", async () => {
  const scene = await connect((group) => void group.append(posted(1, "one")));
  scene.group.socket.push({ type: "live", head: 5 });
  await settled();
  expect(stateOf(scene)).toBe("waiting");
});

it("[L2] what is too old for the socket is fetched, and what came meanwhile follows", async () => {
  const scene = await connect(
    (group) => {
      for (let number = 1; number <= 1_200; number += 1) group.append(posted(number, `m${number}`));
      group.coldUpTo = 1_100;
    },
    { since: 5 },
  );
  await scene.clock.advance(0);
  expect(stateOf(scene)).toBe("live");
  expect(scene.seqs).toEqual(Array.from({ length: 1_195 }, (_none, index) => index + 6));
});

it("[L3] older events are put in front", async () => {
  const scene = await connect((group) => {
    for (let number = 1; number <= 450; number += 1) group.append(posted(number, `m${number}`));
  });
  expect(scene.connection.snapshot.hasOlder).toBe(true);
  await scene.connection.loadOlder();
  await scene.connection.loadOlder();
  await settled();
  const { view, hasOlder } = scene.connection.snapshot;
  expect(hasOlder).toBe(false);
  expect(view.entries.map(({ seq }) => seq)).toEqual(scene.group.log.map(({ seq }) => seq));
  scene.group.append(posted(451, "new"));
  await settled();
  expect(scene.connection.snapshot.view.entries).toHaveLength(451);
});

it("[V2] a delta that leaves a gap makes the connection resume", async () => {
  const scene = await connect();
  const delta = {
    type: "delta",
    run: "run_1",
    by: "mbr_2",
    message: "msg_9",
    part: 0,
    kind: "text",
  };
  scene.group.socket.push({ ...delta, offset: 4, text: "late" } as never);
  await settled();
  expect(stateOf(scene)).toBe("waiting");
});
