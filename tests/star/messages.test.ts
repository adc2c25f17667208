// What members may do with messages and settings, by role, and that one group's ids are worth nothing in another.
import type { Command, GroupView, MessageView, Page } from "@acos/protocol";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { signUp, type SignedUpUser } from "../rest.ts";
import { script } from "../scripted-model.ts";
import type { GroupSocket } from "../socket.ts";
import { enter, event, give, only, openScene, refused, say, type Scene } from "./scene.ts";

let scene: Scene;
let group: GroupView;
let guest: SignedUpUser;
let olive: GroupSocket;
let gus: GroupSocket;

beforeAll(async () => {
  scene = await openScene();
  group = await scene.group([await scene.agent("doer", { tools: [effectTool()] })]);
  guest = await signUp(scene.product.url, "Gus");
  await scene.owner.rest.put(`/groups/${group.id}/members/${guest.id}`, { role: "member" });
  olive = await enter(scene.owner.rest, group.id, 0);
  gus = await enter(guest.rest, group.id, 0);
});
afterAll(() => scene.close());

const effectTool = () => ({
  type: "http",
  name: "desk",
  description: "The desk.",
  baseUrl: scene.effects.url,
  methods: ["POST"],
});
const parts = (text: string) => [{ type: "text" as const, text }];
const messageOf = async (message: string) => {
  const page = await guest.rest.get<Page<MessageView>>(`/groups/${group.id}/messages?limit=500`);
  return page.items.find((one) => one.message === message);
};

describe("one's own message", () => {
  it("can be edited, and everybody sees it", async () => {
    const { message } = (await say(gus, "teh first")).event;
    await give(gus, { kind: "message-edit", message, parts: parts("the first") });
    const edited = await event(olive, "message-edited", (one) => one.message === message);
    expect(edited.event.parts).toEqual(parts("the first"));
    expect((await messageOf(message))?.parts).toEqual(parts("the first"));
  });

  it("can be withdrawn, and its words are then in no list", async () => {
    const { message } = (await say(gus, "a secret word: xyzzy")).event;
    await give(gus, { kind: "message-redact", message });
    await event(olive, "message-redacted", (one) => one.message === message);
    expect(JSON.stringify(await messageOf(message))).not.toContain("xyzzy");
  });
});

describe("another's message", () => {
  it("can be reacted to, once and back", async () => {
    const { message } = (await say(olive, "shall we?")).event;
    await give(gus, { kind: "reaction-set", message, reaction: "👍", on: true });
    expect((await messageOf(message))?.reactions).toMatchObject([{ reaction: "👍" }]);
    await give(gus, { kind: "reaction-set", message, reaction: "👍", on: false });
    expect((await messageOf(message))?.reactions).toEqual([]);
  });

  it("cannot be edited, nor withdrawn by a plain member", async () => {
    const { message } = (await say(olive, "mine")).event;
    const edit: Command = { kind: "message-edit", message, parts: parts("yours") };
    expect((await refused(gus, edit)).code).toBe("forbidden");
    expect((await refused(gus, { kind: "message-redact", message })).code).toBe("forbidden");
    expect(
      (await refused(olive, { ...edit, message: (await say(gus, "his")).event.message })).code,
    ).toBe("forbidden");
  });
});

describe("settings", () => {
  it("are an admin's to change, and everybody is shown the change", async () => {
    expect((await refused(gus, { kind: "settings-change", name: "Gus's" })).code).toBe("forbidden");
    await give(olive, { kind: "settings-change", name: "Renamed" });
    expect((await event(gus, "settings-changed")).event.name).toBe("Renamed");
    const { name } = await guest.rest.get<GroupView>(`/groups/${group.id}`);
    expect(name).toBe("Renamed");
  });
});

describe("an id of another group", () => {
  it("opens nothing here: runs, approvals and messages are their own group's", async () => {
    const deed = {
      tool: "desk",
      arguments: { method: "POST", path: "/do", body: { deed: "foreign" } },
    };
    const posted = await say(olive, `@doer ${script({ calls: [deed] }, { text: "done" })}`);
    const asked = (await event(olive, "approval-asked")).event;
    const own = await guest.rest.post<GroupView>(`/orgs/${guest.org}/groups`, {
      name: "Elsewhere",
    });
    const elsewhere = await enter(guest.rest, own.id, 0);
    const { message } = posted.event;
    const foreign: Command[] = [
      { kind: "approval-decide", approval: asked.approval, decision: "approve" },
      { kind: "run-cancel", run: asked.run },
      { kind: "message-edit", message, parts: parts("x") },
      { kind: "message-redact", message },
      { kind: "reaction-set", message, reaction: "x", on: true },
      { kind: "message-post", parts: parts("x"), replyTo: message },
    ];
    for (const command of foreign)
      expect((await refused(elsewhere, command)).code).toMatch(
        /not_found|approval_closed|run_ended/,
      );
    expect((await guest.rest.call("GET", `/groups/${own.id}/runs/${asked.run}`)).status).toBe(404);
    expect(scene.effects.hits).toEqual([]);
    const view = await scene.owner.rest.get<GroupView>(`/groups/${group.id}`);
    expect(view.approvals.map((one) => one.approval)).toEqual([asked.approval]);
    elsewhere.close();
  });
});

describe("presence", () => {
  it("names who has a socket open", async () => {
    const me = (await gus.waitFor(only("welcome"), "welcome")).member.member;
    const watching = await enter(scene.owner.rest, group.id);
    await watching.waitFor(
      (frame) => (frame.type === "presence" && frame.online.includes(me) ? true : undefined),
      "presence of the other",
    );
    gus.close();
    await gus.closed;
    await watching.waitFor(
      (frame) => (frame.type === "presence" && !frame.online.includes(me) ? true : undefined),
      "presence without the other",
    );
    watching.close();
  });
});
