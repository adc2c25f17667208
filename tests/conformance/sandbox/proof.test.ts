// What a host asks of every request before it does anything.
import { expect, it } from "vitest";

import { TestAuthority } from "@acos/testkit";
import { sandboxTarget } from "@acos/trust";

import { describeTargets } from "./describe-targets.ts";
import { codeOf, commandCall, OPENING, SandboxClient } from "./sandbox-client.ts";

describeTargets("proof", ({ sandbox, unopened, place }) => {
  it("[P1] nothing is served unsigned, and nothing twice", async () => {
    const one = await sandbox();
    const url = sandboxTarget(one.sandbox, "");
    const signed = await one.group.sign({ url });
    for (const name of ["signature", "signature-input", "acos-certificate", "content-digest"]) {
      const headers = new Headers(signed.headers);
      headers.delete(name);
      expect((await place().fetch({ ...signed, headers })).status, name).toBe(401);
    }
    expect((await place().fetch(signed)).status).toBe(200);
    expect((await place().fetch(signed)).status).toBe(401);
  });

  it("[P1] nothing that was changed on its way", async () => {
    const one = await unopened();
    const url = sandboxTarget(one.sandbox, "");
    const body = new TextEncoder().encode(JSON.stringify(OPENING));
    const contentType = "application/json";
    const signed = await one.group.sign({ method: "PUT", url, body, contentType });
    const other = await unopened();
    for (const change of [
      { url: sandboxTarget(other.sandbox, "") },
      { url: sandboxTarget(one.sandbox, "", { search: "?x" }) },
      { url: sandboxTarget(one.sandbox, "/egress") },
      { body: new TextEncoder().encode(JSON.stringify(OPENING).replace("512", "513")) },
    ])
      expect((await place().fetch({ ...signed, ...change })).status).toBe(401);
    expect(await one.state()).toBe("absent");
  });

  it("[P1] nothing under another authority, another audience, or another group's key", async () => {
    const { authority } = place();
    const stranger = await (await TestAuthority.create()).group();
    const elsewhere = await authority.group({ audience: "acos:agents-worker" });
    for (const group of [stranger, elsewhere]) {
      const one = new SandboxClient(place(), group);
      expect((await one.ask("", { method: "PUT", json: OPENING })).status).toBe(401);
    }
    const one = await unopened();
    const mine = await one.group.sign({ url: sandboxTarget(one.sandbox, "") });
    const theirs = await (await authority.group()).sign({ url: sandboxTarget(one.sandbox, "") });
    const headers = new Headers(mine.headers);
    headers.set("acos-certificate", theirs.headers.get("acos-certificate") ?? "");
    expect((await place().fetch({ ...mine, headers })).status).toBe(401);
  });

  it("[P2] a tool call is handed out only with the grant for exactly it", async () => {
    const one = await sandbox();
    const call = commandCall("echo ran > ran.txt");
    const path = `/tool-calls/${call.call}`;
    const plain = { method: "POST", json: call, run: call.run };
    expect((await one.agent(path, plain)).status).toBe(401);
    const other = commandCall("echo ran > ran.txt");
    for (const changes of [
      { turn: 2 },
      { dispatch: 2 },
      { run: other.run },
      { call: other.call },
      { argumentsDigest: "ab".repeat(32) },
      { audience: "acos:tool-gateway" as const },
    ])
      expect((await one.call(call, changes)).status, JSON.stringify(changes)).toBe(401);
    const grant = await one.group.grant(call);
    const changed = { ...call, arguments: { command: "echo other > ran.txt" } };
    expect((await one.agent(path, { ...plain, json: changed, grant })).status).toBe(401);
    const { run: _, ...withoutRun } = plain;
    expect((await one.agent(path, { ...withoutRun, grant })).status).toBe(401);
    expect(await codeOf(one.read("ran.txt"))).toBe("not_found");
  });

  it("[P2] by no path that is almost a tool call's", async () => {
    const one = await sandbox();
    const call = commandCall("echo ran > ran.txt");
    for (const path of [
      `/tool-calls/${call.call}/`,
      `//tool-calls/${call.call}`,
      `/tool%2Dcalls/${call.call}`,
      `/Tool-Calls/${call.call}`,
    ]) {
      const answer = await one.agent(path, { method: "POST", json: call, run: call.run });
      expect(answer.ok, path).toBe(false);
    }
    expect(await codeOf(one.read("ran.txt"))).toBe("not_found");
  });

  it("[P3] a member is named once, as a member", async () => {
    const one = await sandbox();
    for (const search of ["?acos-actor=", "?acos-actor=usr_x"]) {
      const url = `${sandboxTarget(one.sandbox, "/agent/ports")}${search}`;
      const signed = await one.group.sign({ url, epoch: one.epoch });
      expect((await place().fetch(signed)).status).toBe(401);
    }
  });
});
