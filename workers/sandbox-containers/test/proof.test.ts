// Tests of what the Worker asks of every request before it touches a sandbox.
import { describe, expect, it } from "vitest";

import { sandboxCapabilitiesSchema, type SandboxCall } from "@acos/protocol";
import { freshId, TestAuthority } from "@acos/testkit";
import { sandboxTarget } from "@acos/trust";

import { asRequest, OPEN, problemOf, scene } from "./scene.ts";

describe("the Worker", () => {
  it("[P1] serves nothing unsigned, twice, for another audience, late, or under another authority", async () => {
    const { sandbox, send, group, authority, clock, object } = await scene();
    const url = sandboxTarget(sandbox, "");
    const bare = new Request(url, { headers: { "content-type": "application/json" } });
    expect(await problemOf(await send(bare))).toMatchObject({ code: "invalid_signature" });
    const signed = await group.sign({ url });
    expect((await send(asRequest(signed))).status).toBe(200);
    expect((await send(asRequest(signed))).status).toBe(401);
    const toAgents = await authority.group({ audience: "acos:agents-worker" });
    const elsewhere = await send(asRequest(await toAgents.sign({ url })));
    expect(await problemOf(elsewhere)).toMatchObject({ code: "invalid_certificate" });
    const stranger = await (await TestAuthority.create(() => clock.now())).group();
    expect((await send(asRequest(await stranger.sign({ url })))).status).toBe(401);
    const late = await group.sign({ url });
    clock.advance(31_000);
    expect((await send(asRequest(late))).status).toBe(401);
    expect(object().container.starts).toEqual([]);
  });

  it("[P1] hands out a tool call only with its grant", async () => {
    const { ask, open, group } = await scene();
    const { epoch } = await open();
    const call: SandboxCall = {
      run: freshId("run"),
      turn: 1,
      call: freshId("toolCall"),
      dispatch: 1,
      tool: "run_command",
      arguments: { command: "echo hi" },
    };
    const path = `/agent/tool-calls/${call.call}`;
    const plan = { method: "POST", path, json: call, run: call.run, epoch };
    expect(await problemOf(await ask(plan))).toMatchObject({ code: "invalid_token" });
    const other = await group.grant(call, { turn: 2 });
    expect((await ask({ ...plan, grant: other })).status).toBe(401);
    const answer = await ask({ ...plan, grant: await group.grant(call) });
    expect(await answer.text()).toContain('"t":"result"');
  });

  it("[P2] asks for keys once, again for an unknown key, and never too often", async () => {
    const { ask, bindings, send, sandbox, clock } = await scene();
    await ask();
    await ask();
    expect(bindings.keysAsked).toBe(1);
    const stranger = await (await TestAuthority.create(() => clock.now())).group();
    const url = sandboxTarget(sandbox, "");
    const unknown = async () => send(asRequest(await stranger.sign({ url })));
    expect((await unknown()).status).toBe(401);
    expect(bindings.keysAsked).toBe(1);
    clock.advance(5_000);
    expect((await unknown()).status).toBe(401);
    expect((await unknown()).status).toBe(401);
    expect(bindings.keysAsked).toBe(2);
  });

  it("[P2] goes on with the keys it has, and says to try again while there are none", async () => {
    const { ask, bindings, clock } = await scene();
    bindings.keysDown = true;
    expect(await problemOf(await ask())).toMatchObject({ code: "unavailable" });
    bindings.keysDown = false;
    clock.advance(1);
    expect((await ask()).status).toBe(200);
    bindings.keysDown = true;
    clock.advance(10 * 60_000);
    expect((await ask()).status).toBe(200);
  });

  it("[P3] says what containers are, to whoever asks, and promises no limit and no list of hosts", async () => {
    const { send } = await scene();
    const response = await send(new Request("https://sandbox.internal/v1/health"));
    const found = sandboxCapabilitiesSchema.parse(await response.json());
    expect(found).toMatchObject({ driver: "container", isolation: "vm", egress: false });
    expect(Object.values(found.limits)).toEqual(["none", "none", "none", "none"]);
    expect(found.notes.length).toBeGreaterThan(3);
  });

  it("[P4] answers what is no request of ours with a Problem", async () => {
    const { send, ask, sandbox } = await scene();
    const root = await send(new Request("https://sandbox.internal/"));
    expect(await problemOf(root)).toMatchObject({ code: "not_found" });
    expect(await problemOf(await ask({ path: "/nothing" }))).toMatchObject({ code: "not_found" });
    const wrong = await ask({ method: "PUT", json: { ...OPEN, limits: { cpu: "many" } } });
    expect(await problemOf(wrong)).toMatchObject({ code: "invalid_request" });
    const large = new Request(sandboxTarget(sandbox, ""), {
      method: "PUT",
      body: new Uint8Array(16 * 1024 * 1024 + 1),
    });
    expect(await problemOf(await send(large))).toMatchObject({ code: "too_large" });
  });

  it("[P5] says itself who asks: what a request says of it does not count", async () => {
    const { ask, open, authority } = await scene();
    await open();
    const stranger = await authority.group();
    const asker = JSON.stringify({ org: stranger.org, group: stranger.group });
    const mine = await ask({ method: "POST", path: "/stop", headers: { "acos-asker": asker } });
    expect(mine.status).toBe(204);
  });
});
