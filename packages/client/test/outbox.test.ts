// Commands across losses: each acknowledged one done once, whatever the network does.
import { expect, it } from "vitest";

import type { ConnectOptions } from "../src/connect-options.ts";
import { EMPTY_VIEW } from "../src/local-view.ts";
import { fold } from "../src/fold.ts";
import { connectGroup, type GroupConnection, RequestProblem } from "../src/index.ts";
import { groupView, posted, USER } from "./builders.ts";
import { FakeClock, settled } from "./fake-clock.ts";
import { FakeGroup } from "./fake-group.ts";

function open(
  group: FakeGroup,
  clock: FakeClock,
  options: Partial<ConnectOptions> = {},
): GroupConnection {
  return connectGroup({
    baseUrl: "http://group.test",
    group: "grp_1",
    credentials: { type: "cookie" },
    fetch: group.fetch,
    webSocket: group.webSocket,
    clock,
    random: () => 0,
    ...options,
  });
}

async function opened(): Promise<{
  group: FakeGroup;
  clock: FakeClock;
  connection: GroupConnection;
}> {
  const group = new FakeGroup();
  const clock = new FakeClock();
  const connection = open(group, clock);
  await clock.advance(0);
  await settled();
  return { group, clock, connection };
}

const say = (text: string) => ({
  kind: "message-post" as const,
  parts: [{ type: "text" as const, text }],
});

it("[O1] a command whose acknowledgement was lost is sent again under its id and done once", async () => {
  const { group, clock, connection } = await opened();
  group.loseNextAck = true;
  const outcome = connection.send(say("once"), "c-1");
  await clock.advance(2_000);
  await expect(outcome).resolves.toEqual({ seq: 1 });
  expect(group.log).toHaveLength(1);
  const sent = group.received.filter((frame) => frame.type === "command");
  expect(sent.map(({ id }) => id)).toEqual(["c-1", "c-1"]);
});

it("[O1] a command given while there is no connection goes out after the next welcome", async () => {
  const { group, clock, connection } = await opened();
  group.socket.end(1006);
  const outcome = connection.send(say("later"));
  await clock.advance(2_000);
  await expect(outcome).resolves.toEqual({ seq: 1 });
});

it("[O2] a lasting refusal rejects, and the message stays until it is dismissed", async () => {
  const { group, connection } = await opened();
  group.refuseNext = { code: "forbidden", message: "Viewers read only." };
  await expect(connection.send(say("no"), "c-1")).rejects.toThrow("Viewers read only.");
  expect(connection.snapshot.pending).toMatchObject([{ id: "c-1", state: "refused" }]);
  expect(connection.dismiss("c-1")?.command).toEqual(say("no"));
  await settled();
  expect(connection.snapshot.pending).toEqual([]);
});

it("[O3] a passing refusal is tried again after the time it names", async () => {
  const { group, clock, connection } = await opened();
  group.refuseNext = { code: "rate_limited", message: "Slow down.", retryAfterMs: 500 };
  const outcome = connection.send(say("again"), "c-1");
  await clock.advance(499);
  expect(group.log).toHaveLength(0);
  await clock.advance(1);
  await expect(outcome).resolves.toEqual({ seq: 1 });
});

it("[O4] a command too large for a frame is rejected without being sent", async () => {
  const { group, connection } = await opened();
  const outcome = connection.send(say("é".repeat(33_000)));
  await expect(outcome).rejects.toBeInstanceOf(RequestProblem);
  expect(group.received.some(({ type }) => type === "command")).toBe(false);
  expect(connection.snapshot.pending).toMatchObject([{ state: "refused" }]);
});

it("[O5] an own message is pending until its event is in the view, and never beside it", async () => {
  const { group, connection } = await opened();
  const seen: [pending: number, posted: number][] = [];
  connection.subscribe(() => {
    const { pending, view } = connection.snapshot;
    seen.push([pending.length, view.messages.size]);
  });
  group.deaf = true;
  const outcome = connection.send(say("mine"), "c-1");
  await settled();
  group.append(posted(1, "mine", USER));
  await settled();
  group.socket.push({ type: "ack", id: "c-1", seq: 1 });
  await outcome;
  await settled();
  expect(seen).toContainEqual([1, 0]);
  expect(seen.at(-1)).toEqual([0, 1]);
  expect(seen.every(([pending, said]) => pending + said === 1)).toBe(true);
});

it("[O5] an own message acknowledged before its event stays pending until the event comes", async () => {
  const { group, connection } = await opened();
  group.deaf = true;
  void connection.send(say("mine"), "c-1");
  group.socket.push({ type: "ack", id: "c-1", seq: 1 });
  await settled();
  expect(connection.snapshot.pending).toHaveLength(1);
  group.append(posted(1, "mine", USER));
  await settled();
  expect(connection.snapshot.pending).toEqual([]);
});

/** A small generator of numbers in [0, 1), the same for the same seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

it.each(Array.from({ length: 25 }, (_none, index) => index + 1))(
  "[O6] every acknowledged command is in the log once and the view has no hole (seed %i)",
  async (seed) => {
    const random = seeded(seed);
    const group = new FakeGroup();
    const clock = new FakeClock();
    const seqs: number[] = [];
    const connection = open(group, clock, {
      since: 0,
      random,
      onEvent: ({ seq }) => seqs.push(seq),
    });
    const outcomes: Promise<{ seq: number }>[] = [];
    for (let step = 0; step < 80; step += 1) {
      const dice = random();
      if (dice < 0.4)
        outcomes.push(connection.send(say(`m${outcomes.length}`), `c-${outcomes.length}`));
      else if (dice < 0.55 && group.sockets.length > 0) group.socket.end(1006);
      else if (dice < 0.65) group.loseNextAck = true;
      else if (dice < 0.75) group.append(posted(10_000 + step, "from another"));
      else if (dice < 0.8) group.offline = !group.offline;
      else if (dice < 0.85) group.coldUpTo = Math.floor(random() * group.head);
      await clock.advance(Math.floor(random() * 800));
    }
    group.offline = false;
    group.loseNextAck = false;
    await clock.advance(120_000);
    const acknowledged = await Promise.all(outcomes);
    const said = group.log.flatMap(({ event }) =>
      event.kind === "message-posted" ? event.parts.map(({ text }) => text) : [],
    );
    for (const [number, { seq }] of acknowledged.entries()) {
      expect(said.filter((words) => words === `m${number}`)).toHaveLength(1);
      expect(said[seq - 1]).toBe(`m${number}`);
    }
    expect(seqs).toEqual(group.log.map(({ seq }) => seq));
    const welcome = {
      type: "welcome",
      protocol: 1,
      head: 0,
      member: USER,
      group: groupView(),
    } as const;
    const whole = fold(EMPTY_VIEW, [
      welcome,
      ...group.log.map((entry) => ({ type: "event", ...entry }) as const),
    ]);
    expect(connection.snapshot.view.entries).toEqual(whole.entries);
    expect(connection.snapshot.view.messages).toEqual(whole.messages);
    expect(connection.snapshot.pending).toEqual([]);
  },
);
