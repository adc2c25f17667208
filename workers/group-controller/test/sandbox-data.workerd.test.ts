// Tests of the data plane: who reaches which path of a sandbox, terminals, previews.
import { afterEach, describe, expect, it } from "vitest";

import {
  CONNECTION_HEADER,
  PREVIEW_HEADER,
  SANDBOX_BODY_MAX_BYTES,
  type PreviewClaims,
  type Principal,
  type Role,
} from "@acos/protocol";

import { DATA_PATHS } from "../src/sandboxes/data-paths.ts";
import { host } from "./fake-sandbox-host.ts";
import { controlOf, freshId, stubOf } from "./member.ts";
import { ask, boxedGroup, boxOf, eventsOf, type SandboxGroup } from "./sandbox-group.ts";

afterEach(() => host.reset());

async function join(group: SandboxGroup, role: Role): Promise<Principal> {
  const user = freshId("user");
  const card = { user, name: role, handle: role };
  await group.control.putMember(group.lena, { type: "user", card, role });
  return { user, name: role, orgs: [] };
}

/** A path that a row of the table fits. */
const EXAMPLES: Readonly<Record<string, string>> = {
  "GET procs": "/procs",
  "GET output": "/procs/p1/output?from=0",
  "GET files": "/files?path=a",
  "GET ports": "/ports",
  "GET terminals": "/terminals",
  "POST procs": "/procs",
  "POST input": "/procs/p1/input",
  "DELETE procs": "/procs/p1",
  "PUT files": "/files?path=a",
  "DELETE files": "/files?path=a",
  "POST terminals": "/terminals",
  "DELETE terminals": "/terminals/t1",
};
const BODIES: Readonly<Record<string, string>> = {
  "POST procs": '{"command":"true"}',
  "PUT files": "1",
};

describe("the data plane", () => {
  it("[D1] has an example here for every row of its table", () => {
    expect(Object.keys(EXAMPLES)).toHaveLength(DATA_PATHS.length);
  });

  it.each(Object.entries(EXAMPLES))(
    "[D1] %s is for the role that the table says, and for nobody outside",
    async (name, path) => {
      const [method = ""] = name.split(" ");
      const body = BODIES[name];
      const init = { method, ...(body && { body }) };
      const group = await boxedGroup();
      await ask(group, "/files?path=a", { method: "PUT", body: "1" });
      const least = method === "GET" ? "viewer" : "member";
      for (const role of ["viewer", "member", "admin"] as const) {
        const who = await join(group, role);
        const { status } = await ask(group, path, { ...init, who });
        const isAllowed = role !== "viewer" || least === "viewer";
        expect(status === 403, `${role} ${status}`).toBe(!isAllowed);
      }
      const stranger = { user: freshId("user"), name: "Eve", orgs: [] };
      expect((await ask(group, path, { ...init, who: stranger })).status).toBe(404);
    },
  );

  it("[D2] has no other way in", async () => {
    const group = await boxedGroup();
    await ask(group, "/files?path=a", { method: "PUT", body: "1" });
    for (const [method, path] of [
      ["POST", "/tool-calls/tcl_1"],
      ["POST", "/checkpoints"],
      ["POST", "/snapshots"],
      ["GET", "/snapshots/packs/1"],
      ["GET", "/ports/5173/proxy/"],
      ["GET", "/health"],
      ["POST", "/procs/../tool-calls/tcl_1"],
      ["GET", "/procs/%2e%2e/tool-calls/output"],
      ["DELETE", "/"],
    ] as const)
      expect((await ask(group, path, { method })).status, path).toBe(404);
    const asked = host.whatOf(group.box).filter((what) => what.includes("tool-calls"));
    expect(asked).toEqual([]);
  });

  it("[D3] is asked for in the member's name, and a cold sandbox starts for work and for reading files alone", async () => {
    const group = await boxedGroup();
    expect((await ask(group, "/procs/p1/output")).status).toBe(404);
    expect((await ask(group, "/procs/p1", { method: "DELETE" })).status).toBe(404);
    expect(await eventsOf(group, "sandbox-started")).toEqual([]);
    await ask(group, "/files?path=a&acos-actor=mbr_1", { method: "PUT", body: "1" });
    expect(await eventsOf(group, "sandbox-started")).toHaveLength(1);
    const put = host.asked.find(
      ({ sandbox, what }) => sandbox === group.box && /^PUT .*files/.test(what),
    );
    const lena = (await eventsOf(group, "member-joined"))[0]!.member;
    expect(put).toMatchObject({ actor: lena.member, what: "PUT /agent/files?path=a" });
    expect(await eventsOf(group, "checkpoint-made")).toMatchObject([{ by: lena.member }]);
  });

  it("[D3] work goes on in a new start where the old one is over", async () => {
    const group = await boxedGroup();
    await ask(group, "/files?path=a", { method: "PUT", body: "1" });
    host.kill(group.box);
    expect(await (await ask(group, "/procs")).json()).toEqual({ items: [] });
    expect((await ask(group, "/files?path=b", { method: "PUT", body: "2" })).status).toBe(200);
    expect(await eventsOf(group, "sandbox-started")).toHaveLength(2);
  });

  it("[D4] takes no body that could not be signed", async () => {
    const group = await boxedGroup();
    const body = new Uint8Array(SANDBOX_BODY_MAX_BYTES + 1);
    const refused = await ask(group, "/files?path=a", { method: "PUT", body });
    expect(refused.status).toBe(413);
  });
});

describe("terminals", () => {
  const open = (group: SandboxGroup, { user, name }: Principal, jti = freshId("request")) => {
    const exp = Math.floor(Date.now() / 1000) + 60;
    const claims = btoa(JSON.stringify({ user, name, jti, exp, sid: "s" }));
    return stubOf(group.id).fetch(`https://group.internal/sandboxes/${group.box}/terminals/t1`, {
      headers: { upgrade: "websocket", [CONNECTION_HEADER]: claims },
    });
  };

  it("[D5] open once a token, for members, in a sandbox that runs", async () => {
    const group = await boxedGroup();
    expect((await open(group, group.lena)).status).toBe(404);
    await ask(group, "/terminals", { method: "POST" });
    const jti = freshId("request");
    const { webSocket } = await open(group, group.lena, jti);
    const heard = new Promise<string>((resolve) =>
      webSocket!.addEventListener("message", ({ data }) => resolve(String(data))),
    );
    webSocket!.accept();
    webSocket!.send("ls");
    expect(await heard).toBe("echo ls");
    expect((await open(group, group.lena, jti)).status).toBe(401);
    expect((await open(group, await join(group, "viewer"))).status).toBe(403);
    expect((await ask(group, "/terminals/t1")).status).toBe(426);
    webSocket!.close(1000);
  });

  it("[D6] end with their member's place in the group, and with the session", async () => {
    const group = await boxedGroup();
    await ask(group, "/terminals", { method: "POST" });
    const [mia, noor] = [await join(group, "member"), await join(group, "admin")];
    const closes = [mia, group.lena, noor].map(async (who) => {
      const { webSocket } = await open(group, who);
      const closed = new Promise<number>((resolve) =>
        webSocket!.addEventListener("close", ({ code }) => resolve(code)),
      );
      webSocket!.accept();
      return { closed };
    });
    const [first, second, third] = await Promise.all(closes);
    await group.control.removeMember(group.lena, mia.user);
    expect(await first!.closed).toBe(4403);
    await group.control.endSession(group.lena.user, "s");
    expect(await second!.closed).toBe(4401);
    const card = { user: noor.user, name: "admin", handle: "admin" };
    await group.control.putMember(group.lena, { type: "user", card, role: "viewer" });
    expect(await third!.closed).toBe(4403);
  });

  it.each([
    ["leaves the group", 404],
    ["only reads from now on", 403],
    ["ends the session", 401],
  ] as const)("[D6] do not open for a member who %s in that moment", async (how, status) => {
    const group = await boxedGroup();
    await ask(group, "/terminals", { method: "POST" });
    const mia = await join(group, "member");
    const card = { user: mia.user, name: "member", handle: "member" };
    const before = host.closedSockets;
    host.meanwhile.set("GET /agent/terminals/t1", () => {
      const control = controlOf(stubOf(group.id));
      if (how === "leaves the group") return control.removeMember(group.lena, mia.user);
      if (how === "ends the session") return control.endSession(mia.user, "s");
      return control.putMember(group.lena, { type: "user", card, role: "viewer" });
    });
    const refused = await open(group, mia);
    expect([refused.status, refused.webSocket]).toEqual([status, null]);
    await expect.poll(() => host.closedSockets).toBe(before + 1);
  });
});

describe("previews", () => {
  const claimsOf = (group: SandboxGroup, change: Partial<PreviewClaims> = {}): PreviewClaims => ({
    user: group.lena.user,
    group: group.id,
    sandbox: group.box,
    port: 5173,
    sid: "s",
    exp: Math.floor(Date.now() / 1000) + 3_600,
    ...change,
  });
  const preview = (group: SandboxGroup, claims: PreviewClaims, port = 5173) =>
    stubOf(group.id).fetch(`https://group.internal/previews/${group.box}/${port}/a/b?c=d`, {
      headers: { [PREVIEW_HEADER]: JSON.stringify(claims), "x-forwarded-host": "elsewhere" },
    });

  it("[D7] show a server of a sandbox that runs, to members; a token opens once, a cookie goes on", async () => {
    const group = await boxedGroup();
    const cold = await preview(group, claimsOf(group));
    expect(cold.status).toBe(503);
    expect(await eventsOf(group, "sandbox-started")).toEqual([]);
    await ask(group, "/files?path=a", { method: "PUT", body: "1" });
    const token = claimsOf(group, {
      jti: freshId("request"),
      exp: Math.floor(Date.now() / 1000) + 60,
    });
    expect(await (await preview(group, token)).text()).toBe("port 5173 /a/b?c=d");
    expect((await preview(group, token)).status).toBe(401);
    expect((await preview(group, claimsOf(group))).status).toBe(200);
    expect((await preview(group, claimsOf(group))).status).toBe(200);
    expect((await preview(group, claimsOf(group), 5174)).status).toBe(404);
    host.kill(group.box);
    expect((await preview(group, claimsOf(group))).status).toBe(503);
    expect(boxOf(group.box).running).toBe(false);
  });

  it("[D7] pass sockets on, and what the server itself refuses, asked once", async () => {
    const group = await boxedGroup();
    await ask(group, "/files?path=a", { method: "PUT", body: "1" });
    const at = (path: string, init: RequestInit, fields: Readonly<Record<string, string>> = {}) =>
      stubOf(group.id).fetch(`https://group.internal/previews/${group.box}/5173${path}`, {
        ...init,
        headers: { ...fields, [PREVIEW_HEADER]: JSON.stringify(claimsOf(group)) },
      });
    const hmr = { upgrade: "websocket", "sec-websocket-protocol": "vite-hmr" };
    const { webSocket, headers } = await at("/", {}, hmr);
    expect(headers.get("sec-websocket-protocol")).toBe("vite-hmr");
    const heard = new Promise<string>((resolve) =>
      webSocket!.addEventListener("message", ({ data }) => resolve(String(data))),
    );
    webSocket!.accept();
    webSocket!.send("ping");
    expect(await heard).toBe("echo ping");
    webSocket!.close(1000);
    const refused = await at("/refuse", { method: "POST", body: "once" });
    expect([refused.status, await refused.text()]).toEqual([401, "once"]);
    expect(host.whatOf(group.box).filter((what) => what.includes("/refuse"))).toHaveLength(1);
  });

  it("[D7] are not for who has left, nor for another group, nor after their session", async () => {
    const group = await boxedGroup();
    await ask(group, "/files?path=a", { method: "PUT", body: "1" });
    const eve = claimsOf(group, { user: freshId("user") });
    expect((await preview(group, eve)).status).toBe(404);
    expect((await preview(group, claimsOf(group, { group: freshId("group") }))).status).toBe(404);
    await group.control.endSession(group.lena.user, "s");
    expect((await preview(group, claimsOf(group))).status).toBe(401);
    expect((await preview(group, claimsOf(group, { sid: "another" }))).status).toBe(200);
  });

  it("[D7] are admitted to members alone", async () => {
    const group = await boxedGroup();
    const viewer = await join(group, "viewer");
    expect((await group.control.admitPreview(viewer, group.box)).ok).toBe(true);
    const manager: Principal = { user: freshId("user"), name: "Max", orgs: [] };
    expect((await group.control.admitPreview(manager, group.box)).ok).toBe(false);
    expect((await group.control.admitPreview(group.lena, freshId("sandbox"))).ok).toBe(false);
  });
});

describe("remote calls", () => {
  it("[D8] need a member for work and an admin for deleting; managers of the org who are not in the group only look", async () => {
    const group = await boxedGroup();
    const { control, box } = group;
    const view = await control.view(group.lena);
    const org = view.ok ? view.value.org : freshId("org");
    const manager: Principal = {
      user: freshId("user"),
      name: "Max",
      orgs: [{ id: org, role: "owner" }],
    };
    const [viewer, member] = [await join(group, "viewer"), await join(group, "member")];
    expect((await control.sandboxes(manager)).ok).toBe(true);
    const codes = async (who: Principal): Promise<string[]> => {
      const answers = [
        await control.createSandbox(who, { sandbox: freshId("sandbox") }),
        await control.stopSandbox(who, box, { snapshot: false }),
        await control.checkpoint(who, box),
        await control.snapshotSandbox(who, box),
        await control.destroySandbox(who, box),
      ];
      return answers.map((each) => (each.ok ? "ok" : each.problem.code));
    };
    expect(new Set(await codes(manager))).toEqual(new Set(["forbidden"]));
    expect(new Set(await codes(viewer))).toEqual(new Set(["forbidden"]));
    expect(await codes(member)).toEqual(["ok", "ok", "ok", "ok", "forbidden"]);
  });
});
