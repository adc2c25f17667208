// The socket against everything that is wrong with it: since, resending, bad frames, bad tokens, people without the right.
import { FRAME_MAX_BYTES, type Command, type GroupView } from "@acos/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { signUp, type SignedUpUser } from "../rest.ts";
import { connect, HandshakeError, openSocket, type GroupSocket } from "../socket.ts";
import { ownRoutingToken } from "./own-token.ts";
import {
  enter,
  event,
  eventsOf,
  give,
  newCommandId,
  only,
  openScene,
  refused,
  say,
  type Scene,
} from "./scene.ts";

let scene: Scene;
let group: GroupView;
let socket: GroupSocket;
let guest: SignedUpUser;

beforeAll(async () => {
  scene = await openScene();
  group = await scene.group([]);
  socket = await enter(scene.owner.rest, group.id, 0);
  guest = await signUp(scene.product.url, "Gus");
});
afterAll(() => scene.close());

const post = (text: string): Command => ({ kind: "message-post", parts: [{ type: "text", text }] });
const token = (user: SignedUpUser = scene.owner) =>
  user.rest.post<{ routing_token: string; ws_url: string }>(`/groups/${group.id}/token`);

/** The status with which an upgrade is refused. */
async function handshakeStatus(opening: Promise<GroupSocket>): Promise<number> {
  const error: unknown = await opening.then(
    () => "it was let in",
    (reason: unknown) => reason,
  );
  if (error instanceof HandshakeError) return error.status;
  throw new Error(`Not refused with a status: ${String(error)}`);
}

describe("since", () => {
  it("replays what came after it, and nothing when there is nothing", async () => {
    const posted = await say(socket, "one more");
    const some = await enter(scene.owner.rest, group.id, posted.seq - 1);
    expect(eventsOf(some).map((row) => row.seq)).toEqual([posted.seq]);
    const none = await enter(scene.owner.rest, group.id, posted.seq);
    expect(eventsOf(none)).toEqual([]);
    some.close();
    none.close();
  });

  it("left out gives the newest 200 events", async () => {
    for (let count = 0; count < 205; count += 1) void give(socket, post(`filler ${count}`));
    const head = (await say(socket, "the last")).seq;
    const newest = await enter(scene.owner.rest, group.id);
    const seqs = eventsOf(newest).map((row) => row.seq);
    expect([seqs.length, seqs[0], seqs.at(-1)]).toEqual([200, head - 199, head]);
    newest.close();
  });

  it("that lies ahead of the log is answered, never with silence", async () => {
    const ahead = await openSocket(scene.owner.rest, group.id);
    ahead.send({ type: "hello", since: 1_000_000, protocol: 1 });
    const answer = await Promise.race([
      ahead.waitFor(
        (frame) =>
          frame.type === "live" || frame.type === "refused" || frame.type === "reset"
            ? frame.type
            : undefined,
        "answer",
      ),
      ahead.closed.then((end) => end.reason),
    ]);
    expect(["live", "reset", "refused", "invalid_request", "invalid_frame"]).toContain(answer);
    ahead.terminate();
  });
});

describe("a command", () => {
  it("sent again under its id gets the first seq, on the socket, on another one and by REST", async () => {
    const id = newCommandId();
    const seq = await give(socket, post("said once"), id);
    expect(await give(socket, post("said once"), id)).toBe(seq);
    const other = await enter(scene.owner.rest, group.id, seq);
    expect(await give(other, post("said once"), id)).toBe(seq);
    const answer = await scene.owner.rest.post(`/groups/${group.id}/commands`, {
      id,
      command: post("said once"),
    });
    expect(answer).toEqual({ seq });
    const next = await say(socket, "said next");
    expect(next.seq).toBe(seq + 1);
    other.close();
  });

  it("reaches every socket of the group in the same order", async () => {
    const other = await enter(scene.owner.rest, group.id);
    await Promise.all([say(socket, "left"), say(other, "right"), say(socket, "left again")]);
    const last = await say(socket, "end");
    await event(other, "message-posted", (_posted, seq) => seq === last.seq);
    const tail = (one: GroupSocket) => eventsOf(one).slice(-4);
    expect(tail(other)).toEqual(tail(socket));
    other.close();
  });

  it("may come from REST and is shown on the socket", async () => {
    const sent = { id: newCommandId(), command: post("by REST") };
    const { seq } = await scene.owner.rest.post<{ seq: number }>(
      `/groups/${group.id}/commands`,
      sent,
    );
    const shown = await event(socket, "message-posted", (_posted, at) => at === seq);
    expect(shown.event.parts).toEqual([{ type: "text", text: "by REST" }]);
  });

  it("that is malformed is refused with what is wrong, and the connection goes on", async () => {
    const wrong: [unknown, string][] = [
      [
        { kind: "message-post", parts: [{ type: "text", text: "x" }], colour: "red" },
        "invalid_request",
      ],
      [{ kind: "message-post", parts: [] }, "invalid_request"],
      [{ kind: "message-post", parts: [{ type: "text", text: " \n " }] }, "invalid_request"],
      [{ kind: "message-post", parts: "hello" }, "invalid_request"],
      [{ kind: "make-coffee" }, "invalid_request"],
      [{ kind: "run-cancel", run: "run_nonsense" }, "invalid_request"],
      [{ kind: "run-cancel", run: "run_00000000000000000000000000" }, "not_found run_ended"],
      [
        {
          kind: "approval-decide",
          approval: "apr_00000000000000000000000000",
          decision: "approve",
        },
        "not_found approval_closed",
      ],
      [{ ...post("x"), replyTo: "msg_00000000000000000000000000" }, "not_found"],
    ];
    for (const [command, code] of wrong) {
      const problem = await refused(socket, command);
      expect(code.split(" "), JSON.stringify(command)).toContain(problem.code);
      expect(problem.message.length).toBeGreaterThan(10);
    }
    await say(socket, "still here");
  });
});

describe("a frame", () => {
  const nonsense: [string, (one: GroupSocket) => void][] = [
    ["that is no JSON", (one) => one.sendBytes(Buffer.from("{"))],
    ["that is not UTF-8", (one) => one.sendBytes(Buffer.from([0x22, 0xff, 0xfe, 0x22]))],
    ["of an unknown type", (one) => one.send({ type: "dance" })],
    ["with an unknown field", (one) => one.send({ type: "ping", loud: true })],
    [
      "over 64 KiB",
      (one) => one.send({ type: "command", id: "big", command: post("x".repeat(FRAME_MAX_BYTES)) }),
    ],
  ];
  it.each(nonsense)(
    "%s is answered with a Problem or a close that says why; others notice nothing",
    async (_name, spoil) => {
      const bad = await enter(scene.owner.rest, group.id);
      spoil(bad);
      const code = await Promise.race([
        bad.waitFor(only("refused"), "refusal").then((frame) => frame.problem.code),
        bad.closed.then((end) => `${end.code} ${end.reason}`),
      ]);
      expect(code).toMatch(/^(4\d{3} )?(invalid_frame|invalid_json|invalid_request|too_large)$/);
      bad.terminate();
      await say(socket, "unmoved");
    },
  );

  it("other than hello cannot come first, and hello only in a protocol that is spoken", async () => {
    for (const [frame, reason] of [
      [{ type: "command", id: "early", command: post("early") }, /invalid_frame|invalid_request/],
      [{ type: "hello", protocol: 99 }, /unsupported_protocol/],
    ] as const) {
      const eager = await openSocket(scene.owner.rest, group.id);
      eager.send(frame);
      const told = await Promise.race([
        eager.waitFor(only("refused"), "refusal").then((one) => one.problem.code),
        eager.closed.then((end) => end.reason),
      ]);
      expect(told).toMatch(reason);
      eager.terminate();
    }
  });

  it("ping is answered, typing is shown to others", async () => {
    const other = await enter(scene.owner.rest, group.id);
    other.send({ type: "ping" });
    await other.waitFor(only("pong"), "pong");
    const { member } = await socket.waitFor(only("welcome"), "welcome");
    await scene.owner.rest.put(`/groups/${group.id}/members/${guest.id}`, { role: "member" });
    const guests = await enter(guest.rest, group.id);
    other.send({ type: "typing" });
    const typing = await guests.waitFor(only("typing"), "typing");
    expect(typing.member).toBe(member.member);
    other.close();
    guests.close();
  });
});

describe("a connection", () => {
  it("is closed at once when its client says goodbye", async () => {
    const leaving = await enter(scene.owner.rest, group.id);
    const from = Date.now();
    leaving.close();
    expect((await leaving.closed).code).not.toBe(1006);
    expect(Date.now() - from).toBeLessThan(5000);
  });
});

describe("a routing token", () => {
  it("opens one socket only", async () => {
    const { ws_url, routing_token } = await token();
    const first = await connect(ws_url, routing_token);
    expect(await handshakeStatus(connect(ws_url, routing_token))).toBe(401);
    first.close();
  });

  it("also travels as a subprotocol", async () => {
    const { ws_url, routing_token } = await token();
    const polite = await connect(ws_url, routing_token, { by: "subprotocol" });
    polite.send({ type: "hello", protocol: 1 });
    await polite.waitFor(only("live"), "live");
    polite.close();
  });

  it("that is missing, changed or for another group is refused before the upgrade", async () => {
    const { ws_url, routing_token } = await token();
    const elsewhere = await scene.group([]);
    const changed = routing_token.slice(0, -4) + (routing_token.endsWith("AAAA") ? "BBBB" : "AAAA");
    expect(await handshakeStatus(connect(ws_url, changed))).toBe(401);
    expect(await handshakeStatus(connect(ws_url, ""))).toBe(401);
    expect(
      await handshakeStatus(connect(ws_url.replace(group.id, elsewhere.id), routing_token)),
    ).toBe(401);
  });

  it("that has expired is refused, where the same one a minute earlier was let in", async () => {
    const { user, org } = { user: scene.owner.id, org: scene.owner.org };
    const claims = {
      aud: `acos:group:${group.id}`,
      sub: user,
      org,
      group: group.id,
      role: "admin",
    };
    const made = (at: number) =>
      ownRoutingToken(scene.product.data, at, { ...claims, sid: "s1", name: "Olive" });
    const { ws_url } = await token();
    const fresh = await connect(ws_url, made(Date.now()));
    fresh.close();
    expect(await handshakeStatus(connect(ws_url, made(Date.now() - 120_000)))).toBe(401);
  });

  it("is refused from a page of another origin", async () => {
    const { ws_url, routing_token } = await token();
    const foreign = connect(ws_url, routing_token, { headers: { origin: "https://evil.example" } });
    expect(await handshakeStatus(foreign)).toBe(403);
  });
});

describe("people without the right", () => {
  it("a viewer reads but may not post", async () => {
    await scene.owner.rest.put(`/groups/${group.id}/members/${guest.id}`, { role: "viewer" });
    const viewer = await enter(guest.rest, group.id);
    const seen = await say(socket, "for all to read");
    await event(viewer, "message-posted", (_posted, seq) => seq === seen.seq);
    expect((await refused(viewer, post("let me"))).code).toBe("forbidden");
    viewer.close();
  });

  it("a removed member's socket is closed and no new one opens", async () => {
    const leaving = await enter(guest.rest, group.id);
    await scene.owner.rest.delete(`/groups/${group.id}/members/${guest.id}`);
    const end = await leaving.closed;
    expect(end.code).toBeGreaterThanOrEqual(4000);
    const answer = await guest.rest.call("POST", `/groups/${group.id}/token`);
    expect(answer.status).toBe(404);
  });
});
