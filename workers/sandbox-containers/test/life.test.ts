// Tests of a sandbox's life in its object: one start, one epoch, one owner, and the truth about how it ended.
import { describe, expect, it } from "vitest";

import { freshId } from "@acos/testkit";

import { OPEN, problemOf, scene } from "./scene.ts";

describe("opening", () => {
  it("[L1] starts a container that has no way out and knows a word that nobody else does", async () => {
    const { open, object } = await scene();
    const opened = await open();
    expect(opened).toMatchObject({ workspace: "new" });
    const [start] = object().container.starts;
    expect(start).toMatchObject({
      enableInternet: false,
      env: { ACOS_AGENT_PORT: "8711", ACOS_WORKSPACE: "/workspace" },
    });
    expect(start?.env["ACOS_AGENT_BEARER"]).toMatch(/^[0-9a-f]{64}$/);
    expect(start?.env["ACOS_AGENT_STATE"]).toBeDefined();
    expect(object().container.keptFor).toEqual([3_600_000]);
  });

  it("[L1] waits until the agent answers", async () => {
    const { open, object } = await scene();
    object().container.looksUntilReady = 5;
    const { startMs } = await open();
    expect(startMs).toBeGreaterThanOrEqual(200);
    expect(object().container.seen).toHaveLength(1);
  });

  it("[L1] fails with words when the agent never answers, leaves nothing running, and may be tried again", async () => {
    const { ask, open, object } = await scene();
    object().container.looksUntilReady = Infinity;
    const failed = await ask({ method: "PUT", json: OPEN });
    expect(await problemOf(failed)).toMatchObject({ code: "sandbox_failed" });
    expect(object().container.running).toBe(false);
    expect(await (await ask()).json()).toMatchObject({
      state: "absent",
      ended: { reason: "lost" },
    });
    object().container.looksUntilReady = 1;
    expect(await open()).toMatchObject({ workspace: "new" });
  });

  it("[L1] fails at once when the container ends while it starts", async () => {
    const { ask, object, clock } = await scene();
    const { container } = object();
    container.looksUntilReady = Infinity;
    const start = container.start.bind(container);
    container.start = (options) => {
      start(options);
      container.die();
    };
    const before = clock.now();
    expect((await ask({ method: "PUT", json: OPEN })).status).toBe(502);
    expect(clock.now() - before).toBeLessThan(1_000);
  });

  it("[L2] finds it running: the same epoch, also when two open it at once", async () => {
    const { open, object } = await scene();
    const both = await Promise.all([open(), open()]);
    const third = await open();
    // Which of the two came first is nobody's to say.
    expect(both.map(({ workspace }) => workspace).toSorted()).toEqual(["new", "running"]);
    expect(third).toEqual({ epoch: both[0].epoch, workspace: "running", startMs: 0 });
    expect(both[1].epoch).toBe(third.epoch);
    expect(object().container.starts).toHaveLength(1);
  });

  it("[L2] is over for nobody before the agent answers", async () => {
    const { open, object } = await scene();
    object().container.looksUntilReady = 100;
    const both = [open(), open()];
    await Promise.race(both);
    expect(object().container.seen).toHaveLength(1);
    await Promise.all(both);
  });

  it("[L2] finds it running after its object slept", async () => {
    const { open, object, ask } = await scene();
    const { epoch } = await open();
    await object().evict();
    expect(await open()).toMatchObject({ epoch, workspace: "running" });
    expect((await ask({ path: "/agent/ports", epoch })).status).toBe(200);
  });

  it("[L3] belongs to the group that opened it first; for others there is none", async () => {
    const { open, ask, authority } = await scene();
    const { epoch } = await open();
    const as = await authority.group();
    const unknown = freshId("sandbox");
    for (const plan of [
      { method: "POST", path: "/stop" },
      { method: "DELETE" },
      { path: "/agent/ports", epoch },
      { method: "PUT", path: "/egress", json: OPEN.egress },
    ]) {
      const theirs = await ask({ ...plan, as });
      const nobodys = await ask({ ...plan, as, sandbox: unknown });
      expect(theirs.status).toBe(404);
      expect(await theirs.json()).toEqual(await nobodys.json());
    }
    expect((await ask({ method: "PUT", json: OPEN, as })).status).toBe(404);
    expect(await (await ask({ as })).json()).toEqual({ state: "absent" });
    expect(await (await ask()).json()).toMatchObject({ state: "running", epoch });
  });

  it("[L4] is refused where the certificate allows no sandbox", async () => {
    const { ask, authority, object } = await scene();
    const as = await authority.group({ caps: { maxSandboxes: 0 } });
    const refused = await ask({ method: "PUT", json: OPEN, as });
    expect(await problemOf(refused)).toMatchObject({ code: "over_cap" });
    expect(object().container.starts).toEqual([]);
  });

  it.each([
    { hosts: ["example.com"] },
    { registries: true },
    { secrets: [{ host: "example.com", header: "authorization", value: "Bearer {{secret:X}}" }] },
  ])("[L5] is refused with a way out that could not be held: %j", async (change) => {
    const { ask, open, object } = await scene();
    const egress = { ...OPEN.egress, ...change };
    const refused = await ask({ method: "PUT", json: { ...OPEN, egress } });
    expect(await problemOf(refused)).toMatchObject({ code: "invalid_request" });
    expect(object().container.starts).toEqual([]);
    await open();
    const later = await ask({ method: "PUT", path: "/egress", json: egress });
    expect(later.status).toBe(400);
    const closed = await ask({ method: "PUT", path: "/egress", json: OPEN.egress });
    expect(closed.status).toBe(204);
  });
});

describe("ending", () => {
  it("[L6] stops when asked, says so, and starts anew with another epoch and an empty workspace", async () => {
    const { open, ask, object } = await scene();
    const first = await open();
    expect((await ask({ method: "POST", path: "/stop" })).status).toBe(204);
    expect(object().container.running).toBe(false);
    const status = await (await ask()).json();
    expect(status).toMatchObject({ state: "absent", ended: { reason: "asked" } });
    const second = await open();
    expect(second.workspace).toBe("new");
    expect(second.epoch).not.toBe(first.epoch);
  });

  it("[L6] stopping one that does not run does nothing", async () => {
    const { open, ask } = await scene();
    await open();
    await ask({ method: "POST", path: "/stop" });
    expect((await ask({ method: "POST", path: "/stop" })).status).toBe(204);
  });

  it("[L7] a container that dies is told as lost, and its handles as replaced", async () => {
    const { open, ask, object } = await scene();
    const { epoch } = await open();
    object().container.die();
    await expect
      .poll(async () => (await ask()).json())
      .toMatchObject({ state: "absent", ended: { reason: "lost" } });
    const used = await ask({ path: "/agent/ports", epoch });
    expect(await problemOf(used)).toMatchObject({ code: "sandbox_replaced" });
    expect((await open()).epoch).not.toBe(epoch);
  });

  it("[L7] a container that died while its object slept is told as lost", async () => {
    const { open, ask, object } = await scene();
    await open();
    object().container.running = false;
    await object().evict();
    expect(await (await ask()).json()).toMatchObject({ ended: { reason: "lost" } });
  });

  it("[L7] the end of an earlier start does not touch a later one", async () => {
    const { open, ask } = await scene();
    await open();
    await ask({ method: "POST", path: "/stop" });
    const { epoch } = await open();
    expect(await (await ask()).json()).toMatchObject({ state: "running", epoch });
  });

  it("[L8] destroyed, it is forgotten with its owner", async () => {
    const { open, ask, object } = await scene();
    await open();
    expect((await ask({ method: "DELETE" })).status).toBe(204);
    expect(object().container.running).toBe(false);
    expect(object().storage.kept.size).toBe(0);
    expect(await (await ask()).json()).toEqual({ state: "absent" });
    expect((await ask({ method: "DELETE" })).status).toBe(404);
  });

  it("[L9] idleness is the time since the last call or output", async () => {
    const { open, ask, clock } = await scene();
    const { epoch } = await open();
    const idle = async () => ((await (await ask()).json()) as { idleMs: number }).idleMs;
    clock.advance(5_000);
    expect(await idle()).toBe(5_000);
    const exec = { command: "sleep 60; echo done", timeoutMs: 600_000 };
    const response = await ask({ method: "POST", path: "/agent/procs", json: exec, epoch });
    const reader = response.body!.getReader();
    await reader.read();
    clock.advance(20_000);
    expect(await idle()).toBe(20_000);
    clock.advance(40_000);
    for (let part = await reader.read(); !part.done; part = await reader.read());
    expect(await idle()).toBe(0);
  });
});
