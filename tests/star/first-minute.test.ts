// The first minute of a new user: sign up, find the Welcome group, talk, and be answered in a stream.
import type { GroupSummary, LogEvent, Me, MessageView, Page, RunView } from "@acos/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { startProduct, type Product } from "../product.ts";
import { authenticate, restOf, signUp, type SignedUpUser } from "../rest.ts";
import type { GroupSocket } from "../socket.ts";
import { endOf, enter, event, eventsOf, only, runOf, say, streamed, textOf } from "./scene.ts";

let product: Product;
let user: SignedUpUser;
let welcome: GroupSummary;

beforeAll(async () => {
  product = await startProduct({ env: { ACOS_REHEARSAL_DELAY_MS: "40" } });
  user = await signUp(product.url, "Nora");
  const groups = await user.rest.get<Page<GroupSummary>>(`/orgs/${user.org}/groups`);
  welcome = groups.items.find((group) => group.name === "Welcome") as GroupSummary;
});
afterAll(() => product.stop());

describe("a new user", () => {
  it("is healthy and says which version it is", async () => {
    const health = await fetch(`${product.url}/healthz`);
    expect(health.status).toBe(200);
    expect(await health.json()).toEqual({ status: "ok", version: expect.any(String) });
  });

  it("has a personal org and a group named Welcome with two agents", async () => {
    const me = await user.rest.get<Me>("/me");
    expect(me.user.email).toBe("nora@example.org");
    expect(me.orgs).toHaveLength(1);
    const socket = await enter(user.rest, welcome.id);
    const { group, member } = await socket.waitFor(only("welcome"), "welcome");
    expect(member.type).toBe("user");
    expect(group.members.filter((one) => one.type === "agent")).toHaveLength(2);
    socket.close();
  });

  it("can sign in again and use the cookie in place of a key", async () => {
    const cookie = await authenticate(product.url, "sign-in", user);
    const me = await restOf(product.url, { cookie }).get<Me>("/me");
    expect(me.user.id).toBe(user.id);
  });
});

describe("a conversation", () => {
  let socket: GroupSocket;
  beforeAll(async () => {
    socket = await enter(user.rest, welcome.id, 0);
  });

  it("replays the group from its creation, then goes live", () => {
    const kinds = eventsOf(socket).map((row) => row.event.kind);
    expect(kinds[0]).toBe("group-created");
    expect(kinds.filter((kind) => kind === "member-joined")).toHaveLength(3);
    expect(eventsOf(socket).map((row) => row.seq)).toEqual(kinds.map((_, index) => index + 1));
  });

  it("acknowledges a post, streams the answer and posts it under the streamed message's id", async () => {
    const posted = await say(socket, "@ada call calculate with expression=2+40");
    const queued = await event(socket, "run-queued", (one) => one.trigger === posted.event.message);
    const ended = await endOf(socket, queued.event.run);
    expect(ended.outcome).toBe("done");
    const answers = eventsOf(socket).filter(
      (row) => row.event.kind === "message-posted" && row.event.run === queued.event.run,
    );
    const answer = answers.at(-1) as Parameters<typeof textOf>[0];
    expect(textOf(answer)).toContain("42");
    expect(textOf(answer).startsWith(streamed(socket, answer.event.message))).toBe(true);
    expect(streamed(socket, answer.event.message)).not.toBe("");
  });

  it("shows somebody who comes in mid-stream all that was streamed so far, at offset 0", async () => {
    const posted = await say(
      socket,
      `@ada summarise this: ${"one word after another ".repeat(20)}`,
    );
    const queued = await event(socket, "run-queued", (one) => one.trigger === posted.event.message);
    const growing = await socket.waitFor(
      (frame) =>
        frame.type === "delta" && frame.run === queued.event.run && frame.offset > 0
          ? frame
          : undefined,
      "second delta",
    );
    const before = streamed(socket, growing.message);
    const late = await enter(user.rest, welcome.id, queued.seq);
    const first = await late.waitFor(
      (frame) => (frame.type === "delta" && frame.message === growing.message ? frame : undefined),
      "delta for the late one",
    );
    expect(first.offset).toBe(0);
    expect(first.text.startsWith(before)).toBe(true);
    await Promise.all([endOf(late, queued.event.run), endOf(socket, queued.event.run)]);
    expect(streamed(late, growing.message)).toBe(streamed(socket, growing.message));
    late.close();
  });

  it("tells by REST what the socket told", async () => {
    const shown = eventsOf(socket).map(({ seq, at, event: held }) => ({ seq, at, event: held }));
    const log = await user.rest.get<Page<LogEvent>>(
      `/groups/${welcome.id}/events?after=0&limit=500`,
    );
    expect(log.items.slice(0, shown.length)).toEqual(shown);
    const messages = await user.rest.get<Page<MessageView>>(
      `/groups/${welcome.id}/messages?limit=500`,
    );
    const posted = shown.filter((row) => row.event.kind === "message-posted").map((row) => row.seq);
    expect(messages.items.map((message) => message.seq)).toEqual(expect.arrayContaining(posted));
    const runs = await user.rest.get<Page<RunView>>(`/groups/${welcome.id}/runs`);
    expect(runs.items.every((run) => run.state === "done")).toBe(true);
    const run = await user.rest.get<RunView>(`/groups/${welcome.id}/runs/${runs.items[0]?.run}`);
    expect(run.turns.length).toBeGreaterThan(0);
    const briefing = await user.rest.get<{ trigger: { message: string } }>(
      `/groups/${welcome.id}/runs/${run.run}/turns/1/briefing`,
    );
    expect(briefing.trigger.message).toBe(run.trigger);
  });

  it("is all there after a stop and a start, and goes on", async () => {
    const before = await user.rest.get<Page<LogEvent>>(
      `/groups/${welcome.id}/events?after=0&limit=500`,
    );
    const { port, data } = product;
    expect(await product.stop()).toBe(0);
    product = await startProduct({ port, data });
    const after = await user.rest.get<Page<LogEvent>>(
      `/groups/${welcome.id}/events?after=0&limit=500`,
    );
    expect(after.items.slice(0, before.items.length)).toEqual(before.items);
    const again = await enter(user.rest, welcome.id, before.items.at(-1)?.seq ?? 0);
    expect((await runOf(again, await say(again, "@grace what is 6 * 7?"))).outcome).toBe("done");
    again.close();
  });
});
