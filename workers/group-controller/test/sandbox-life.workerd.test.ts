// Tests of a sandbox's life: idle, lost, archived, copied, deleted, and its workspace in cold storage whatever is cut short.
import { env, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it } from "vitest";

import type { CheckpointId, GroupCopy, SandboxId, SandboxView } from "@acos/protocol";

import { host } from "./fake-sandbox-host.ts";
import { controlOf, freshId, stubOf } from "./member.ts";
import { atEveryUse, hold } from "./mishaps.ts";
import {
  ask,
  boxedGroup,
  boxOf,
  eventsOf,
  killObject,
  later,
  logOf,
  run,
  say,
  waitFor,
  write,
  type SandboxGroup,
} from "./sandbox-group.ts";
import { audit, clock, holding, mishap } from "./worker.ts";

const { ARCHIVE } = env as unknown as { ARCHIVE: R2Bucket };

afterEach(() => {
  host.reset();
  clock.aheadMs = 0;
  mishap.at = 0;
  holding.puts = null;
});

const controls = (group: SandboxGroup) => controlOf(stubOf(group.id));

async function viewOf(group: SandboxGroup): Promise<SandboxView> {
  const answer = await controls(group).sandboxes(group.lena);
  if (!answer.ok) throw new Error(answer.problem.message);
  return answer.value[0]!;
}

/** A group whose sandbox has a file in it. */
async function filled(files: Record<string, string> = { a: "1" }): Promise<SandboxGroup> {
  const group = await boxedGroup();
  await put(group, files);
  return group;
}

/** Lena writes files by hand. */
async function put(group: SandboxGroup, files: Record<string, string>): Promise<void> {
  for (const [path, body] of Object.entries(files)) {
    const written = await ask(group, `/files?path=${path}`, { method: "PUT", body });
    expect(written.status).toBe(200);
  }
}

/** A checkpoint that Lena takes. */
async function checkpointOf(group: SandboxGroup): Promise<CheckpointId> {
  const kept = await controls(group).checkpoint(group.lena, group.box);
  if (!kept.ok) throw new Error(kept.problem.message);
  return kept.value.checkpoint;
}

/** The files of the newest checkpoint that is listed. */
async function newestOf(group: SandboxGroup): Promise<Record<string, string>> {
  const listed = await controls(group).checkpoints(group.lena, group.box);
  const newest = listed.ok ? listed.value[0]?.checkpoint : undefined;
  const found = boxOf(group.box).checkpoints.find(({ id }) => id === newest);
  return Object.fromEntries(found?.files ?? []);
}

function forkOf(group: SandboxGroup): GroupCopy {
  return {
    group: freshId("group"),
    org: freshId("org"),
    name: "Fork",
    creator: { user: group.lena.user, name: "Lena", handle: "lena" },
    principal: group.lena,
    from: { how: "fork", group: group.id, atSeq: null },
  };
}

async function objectsOf(sandbox: SandboxId): Promise<string[]> {
  const { objects } = await ARCHIVE.list();
  return objects.flatMap(({ key }) => (key.includes(sandbox) ? key : []));
}

/** From here on nothing is cut short; says how many uses were left before something would have been. */
function withoutMishaps(): number {
  const left = mishap.at;
  mishap.at = 0;
  return left;
}

/** A sandbox that came up unheard. */
const NEW_BOX = {
  epoch: "epoch-unheard",
  running: true,
  egress: { hosts: [], registries: false, secrets: [] },
  files: new Map(),
  calls: new Map(),
  packs: new Map(),
  checkpoints: [],
};

const filesOf = (sandbox: SandboxId) => Object.fromEntries(boxOf(sandbox).files);

describe("a sandbox at rest", () => {
  it("[W1] is snapshotted and stopped after its idle time, not before, and starts on its workspace again", async () => {
    const group = await filled();
    host.idleMs = 14 * 60_000;
    await later(group, 60_000);
    await expect
      .poll(() => host.whatOf(group.box).filter((what) => what === "GET "))
      .toHaveLength(1);
    expect((await viewOf(group)).state).toBe("ready");
    host.idleMs = 15 * 60_000;
    await later(group, 60_000);
    const [stopped] = await waitFor(group, "sandbox-stopped");
    expect(stopped?.reason).toBe("idle");
    expect(await viewOf(group)).toMatchObject({ state: "cold", stopped: "idle" });
    expect(await eventsOf(group, "sandbox-snapshotted")).toHaveLength(1);
    expect(await (await ask(group, "/files?path=a")).text()).toBe("1");
    expect((await eventsOf(group, "sandbox-started"))[1]?.workspace).toBe("kept");
  });

  it("[W1] goes on where somebody used it while it was snapshotted", async () => {
    const group = await filled();
    host.idleMs = 15 * 60_000;
    let used: Response | undefined;
    host.meanwhile.set("POST /agent/snapshots", async () => {
      used = await ask(group, "/files?path=a");
    });
    await later(group, 60_000);
    await waitFor(group, "sandbox-snapshotted");
    expect(used?.status).toBe(200);
    await expect.poll(async () => (await viewOf(group)).state).toBe("ready");
    expect(await eventsOf(group, "sandbox-stopped")).toEqual([]);
  });

  it("[W1] who uses it while it is stopped waits, and finds it started again", async () => {
    const group = await filled();
    const held = Promise.withResolvers<void>();
    host.meanwhile.set("POST /stop", () => held.promise);
    const stopping = controls(group).stopSandbox(group.lena, group.box, { snapshot: false });
    await expect.poll(async () => (await viewOf(group)).state).toBe("draining");
    const using = ask(group, "/files?path=a");
    held.resolve();
    await stopping;
    expect(await (await using).text()).toBe("1");
    expect((await eventsOf(group, "sandbox-started")).map(({ workspace }) => workspace)).toEqual([
      "new",
      "kept",
    ]);
  });

  it("[W2] that its host does not run any more is said to be lost, or past a limit, in the host's words", async () => {
    const group = await filled();
    host.kill(group.box, { reason: "limit", words: "It used more memory than it may." });
    await later(group, 60_000);
    const [stopped] = await waitFor(group, "sandbox-stopped");
    expect(stopped).toMatchObject({ reason: "limit", words: "It used more memory than it may." });
  });

  it("[W2] that was lost is told so to who lists them; where its host does not answer, as it was last", async () => {
    const group = await filled();
    host.down = true;
    expect((await viewOf(group)).state).toBe("ready");
    host.down = false;
    host.kill(group.box);
    expect(await viewOf(group)).toMatchObject({ state: "cold", stopped: "lost" });
    expect(host.sandboxes.get(group.box)?.running).toBe(false);
  });

  it("[W2] looking at it starts nothing", async () => {
    const group = await boxedGroup();
    await viewOf(group);
    expect(await (await ask(group, "/procs")).json()).toEqual({ items: [] });
    expect(await (await ask(group, "/ports")).json()).toEqual({ items: [] });
    const changes = await controls(group).changes(group.lena, group.box, {});
    expect(changes).toEqual({ ok: true, value: [] });
    expect(host.whatOf(group.box)).toEqual([]);
  });
});

describe("a workspace", () => {
  it("[W3] that its host has lost comes back from the newest snapshot before anybody uses it", async () => {
    const group = await filled({ a: "1", b: "2" });
    await controls(group).snapshotSandbox(group.lena, group.box);
    host.sandboxes.delete(group.box);
    await say(group, `@ada use ${run("look")}`);
    await waitFor(group, "run-ended");
    expect(filesOf(group.box)).toEqual({ a: "1", b: "2" });
    expect((await eventsOf(group, "sandbox-started"))[1]?.workspace).toBe("snapshot");
  });

  it("[W3] is restored by a member to a snapshot that is kept, and to a checkpoint", async () => {
    const group = await filled();
    const first = await controls(group).snapshotSandbox(group.lena, group.box);
    const kept = await controls(group).checkpoint(group.lena, group.box);
    boxOf(group.box).files.set("a", "2");
    const { checkpoint } = kept.ok ? kept.value : { checkpoint: freshId("checkpoint") };
    await controls(group).restoreSandbox(group.lena, group.box, { checkpoint });
    expect(filesOf(group.box)).toEqual({ a: "1" });
    boxOf(group.box).files.set("a", "3");
    const { snapshot } = first.ok ? first.value : { snapshot: "" };
    expect((await controls(group).restoreSandbox(group.lena, group.box, { snapshot })).ok).toBe(
      true,
    );
    expect(filesOf(group.box)).toEqual({ a: "1" });
    expect(await eventsOf(group, "sandbox-restored")).toHaveLength(2);
    const unknown = { snapshot: "0".repeat(64) };
    const refused = await controls(group).restoreSandbox(group.lena, group.box, unknown);
    expect(refused.ok ? "" : refused.problem.code).toBe("not_found");
  });

  it("[W3] what a restore gives up is a checkpoint before, also where the newest one is the same member's", async () => {
    const group = await filled({ a: "one" });
    const first = await controls(group).snapshotSandbox(group.lena, group.box);
    const checkpoint = await checkpointOf(group);
    await put(group, { a: "two", b: "precious" });
    await controls(group).restoreSandbox(group.lena, group.box, { checkpoint });
    expect(filesOf(group.box)).toEqual({ a: "one" });
    expect(await newestOf(group)).toEqual({ a: "two", b: "precious" });
    await put(group, { c: "precious too" });
    const { snapshot } = first.ok ? first.value : { snapshot: "" };
    await controls(group).restoreSandbox(group.lena, group.box, { snapshot });
    expect(filesOf(group.box)).toEqual({ a: "one" });
    expect(await newestOf(group)).toEqual({ a: "one", c: "precious too" });
  });

  it("[W3] that cannot be kept does not go back to a checkpoint; to a snapshot it does", async () => {
    const group = await filled({ a: "one" });
    const first = await controls(group).snapshotSandbox(group.lena, group.box);
    const checkpoint = await checkpointOf(group);
    await put(group, { a: "two" });
    const back = (to: { checkpoint: CheckpointId } | { snapshot: string }) => {
      host.meanwhile.set("POST /agent/checkpoints", () => Promise.reject(new Error("no room")));
      return controls(group).restoreSandbox(group.lena, group.box, to);
    };
    expect((await back({ checkpoint })).ok).toBe(false);
    expect(filesOf(group.box)).toEqual({ a: "two" });
    expect((await back({ snapshot: first.ok ? first.value.snapshot : "" })).ok).toBe(true);
    expect(filesOf(group.box)).toEqual({ a: "one" });
  });

  it("[W3] what taking changes back gives up is a checkpoint before; what one has already makes none", async () => {
    const group = await filled({ a: "one" });
    await put(group, { b: "precious", c: "as well" });
    const changes = await controls(group).changes(group.lena, group.box, {});
    const hunks = changes.ok ? changes.value.map(({ hunk }) => hunk) : [];
    expect(hunks).toHaveLength(3);
    for (const hunk of hunks.slice(1))
      expect(await controls(group).undo(group.lena, group.box, [hunk])).toMatchObject({
        ok: true,
        value: { undone: [hunk], refused: [] },
      });
    expect(filesOf(group.box)).toEqual({ a: "one" });
    expect(await newestOf(group)).toEqual({ a: "one", b: "precious", c: "as well" });
    expect(boxOf(group.box).checkpoints).toHaveLength(2);
  });

  it("[W3] that cannot be made whole is not used: the sandbox is said to have failed, and may be tried again", async () => {
    const group = await filled();
    await controls(group).snapshotSandbox(group.lena, group.box);
    const names = await objectsOf(group.box);
    const pack = names.find((name) => name.includes("packs-"))!;
    const bytes = await (await ARCHIVE.get(pack))!.arrayBuffer();
    await ARCHIVE.put(pack, "damaged");
    host.sandboxes.delete(group.box);
    expect((await ask(group, "/files?path=a")).status).toBe(500);
    expect(await viewOf(group)).toMatchObject({
      state: "failed",
      problem: { code: "storage_damaged" },
    });
    expect(boxOf(group.box).running).toBe(false);
    await ARCHIVE.put(pack, bytes);
    expect(await (await ask(group, "/files?path=a")).text()).toBe("1");
    expect((await viewOf(group)).state).toBe("ready");
  });

  it("[W4] has the newest three snapshots in cold storage, and no pack that none of them needs", async () => {
    const group = await filled({ a: "1" });
    for (const content of ["2", "3", "4", "5"]) {
      await controls(group).snapshotSandbox(group.lena, group.box);
      boxOf(group.box).files.set("a", content);
    }
    const names = await objectsOf(group.box);
    const count = (part: string) => names.filter((name) => name.includes(part)).length;
    expect([count("packs-"), count("manifests-"), count("needs/")]).toEqual([3, 3, 3]);
  });

  it("[W4] what is not given out any more is packed anew", async () => {
    const group = await filled();
    host.lostPacks = 1;
    const taken = await controls(group).snapshotSandbox(group.lena, group.box);
    expect(taken).toMatchObject({ ok: true, value: { files: 1 } });
    const asked = host.whatOf(group.box).filter((what) => what === "POST /agent/snapshots");
    expect(asked).toHaveLength(2);
  });

  it("[W5] loses nothing and is never half, wherever taking it to cold storage is cut short", async () => {
    for (const when of ["before", "after", "refused"] as const) {
      mishap.when = when;
      const group = await filled({ a: "1", b: when });
      const uses = await atEveryUse(async (at) => {
        boxOf(group.box).files.set("c", String(at));
        const taken = await controls(group)
          .snapshotSandbox(group.lena, group.box)
          .catch(() => ({ ok: false }));
        const left = withoutMishaps();
        const newest = (await viewOf(group)).snapshot;
        if (taken.ok) expect(newest).toBeDefined();
        mishap.at = left;
        if (!newest) return;
        withoutMishaps();
        const files = filesOf(group.box);
        host.sandboxes.delete(group.box);
        await ask(group, "/files?path=a");
        expect(filesOf(group.box)).toMatchObject({ a: "1", b: when });
        boxOf(group.box).files = new Map(Object.entries(files));
        mishap.at = left;
      });
      expect(uses).toBeGreaterThan(5);
    }
  });

  it("[W5] is restored whole before its first use, also where restoring it was cut short", async () => {
    const group = await filled({ a: "1", b: "2" });
    await controls(group).snapshotSandbox(group.lena, group.box);
    mishap.when = "before";
    const uses = await atEveryUse(async (at) => {
      host.sandboxes.delete(group.box);
      await ask(group, "/files?path=a").catch(() => undefined);
      const left = withoutMishaps();
      expect(await (await ask(group, "/files?path=b")).text(), `use ${at}`).toBe("2");
      expect(filesOf(group.box)).toEqual({ a: "1", b: "2" });
      mishap.at = left;
    });
    expect(uses).toBeGreaterThan(2);
  });
});

describe("with its group", () => {
  it("[W6] it is archived, its workspace in cold storage first, and comes back with it", async () => {
    const group = await filled();
    const archived = await controls(group).archive(group.lena);
    expect(archived).toMatchObject({ ok: true });
    expect(boxOf(group.box).running).toBe(false);
    host.sandboxes.delete(group.box);
    expect(await viewOf(group)).toMatchObject({ state: "cold", stopped: "archived" });
    expect(await (await ask(group, "/files?path=a")).text()).toBe("1");
  });

  it("[W6] a group does not archive itself while a sandbox is at work in it", async () => {
    const group = await filled();
    await later(group, 7 * 24 * 60 * 60_000);
    expect(await eventsOf(group, "group-archived")).toEqual([]);
  });

  it("[W6] a group whose workspace cannot be kept is not archived", async () => {
    const group = await filled();
    host.down = true;
    const archived = await controls(group).archive(group.lena);
    expect(archived.ok ? "" : archived.problem.code).toBe("unavailable");
    host.down = false;
    expect((await viewOf(group)).state).toBe("ready");
  });

  it("[W6] nor one with a deleted sandbox that its host has still", async () => {
    const group = await filled();
    host.down = true;
    await controls(group).destroySandbox(group.lena, group.box);
    const archived = await controls(group).archive(group.lena);
    expect(archived.ok ? "" : archived.problem.code).toBe("unavailable");
    host.down = false;
    expect((await controls(group).archive(group.lena)).ok).toBe(true);
    expect(host.sandboxes.has(group.box)).toBe(false);
  });

  it("[W7] a fork has its snapshot under an id of its own; what happens there is nothing to the origin", async () => {
    const group = await filled();
    await controls(group).snapshotSandbox(group.lena, group.box);
    const copy = forkOf(group);
    const control = controlOf(stubOf(copy.group));
    const made = await control.copyFrom(copy);
    const [box] = made.ok ? made.value.sandboxes : [];
    expect(box).toMatchObject({ state: "cold", name: "sandbox" });
    expect(box!.sandbox).not.toBe(group.box);
    const fork = { ...group, id: copy.group, control, stub: stubOf(copy.group), box: box!.sandbox };
    expect(await (await ask(fork, "/files?path=a")).text()).toBe("1");
    boxOf(fork.box).files.set("a", "2");
    expect(filesOf(group.box)).toEqual({ a: "1" });
  });

  it("[W7] a fork has the workspace of a sandbox that runs as it is now", async () => {
    const group = await filled();
    const copy = forkOf(group);
    const made = await controlOf(stubOf(copy.group)).copyFrom(copy);
    expect(made.ok && made.value.sandboxes).toMatchObject([{ snapshot: { files: 1 } }]);
  });

  it("[W7] a fork that is cut short anywhere has it whole", async () => {
    const group = await filled();
    await controls(group).snapshotSandbox(group.lena, group.box);
    mishap.when = "before";
    await atEveryUse(async () => {
      const copy = forkOf(group);
      await controlOf(stubOf(copy.group))
        .copyFrom(copy)
        .catch(() => undefined);
      const left = withoutMishaps();
      await expect
        .poll(async () => {
          const control = controlOf(stubOf(copy.group));
          const made = await control.copyFrom(copy);
          if (made.ok && made.value.state === "copying")
            await runDurableObjectAlarm(stubOf(copy.group));
          return made.ok && made.value.sandboxes.length;
        })
        .toBe(1);
      mishap.at = left;
    });
  });

  it("[W8] it is deleted, at its host and in cold storage", async () => {
    const group = await filled();
    await controls(group).snapshotSandbox(group.lena, group.box);
    await controls(group).deleteGroup(group.lena);
    await expect.poll(() => host.sandboxes.has(group.box)).toBe(false);
    expect(await objectsOf(group.box)).toEqual([]);
  });

  it("[W8] [H9] it is deleted whole while a snapshot of it is on its way to cold storage", async () => {
    const group = await filled();
    const { untilHeld, letGo } = hold(`/sandboxes/${group.box}/`);
    const kept = controls(group)
      .snapshotSandbox(group.lena, group.box)
      .catch(() => null);
    await untilHeld;
    const deleted = controls(group).deleteGroup(group.lena);
    await scheduler.wait(100);
    letGo();
    expect(await deleted).toMatchObject({ ok: true });
    await kept;
    expect(await objectsOf(group.box)).toEqual([]);
  });

  it("[W8] one that is deleted alone is gone at once, and at its host as soon as that answers", async () => {
    const group = await filled();
    await controls(group).snapshotSandbox(group.lena, group.box);
    host.down = true;
    expect((await controls(group).destroySandbox(group.lena, group.box)).ok).toBe(true);
    expect((await ask(group, "/files?path=a")).status).toBe(404);
    host.down = false;
    await killObject(group);
    await logOf(group);
    await later(group, 60_000);
    await expect.poll(() => host.sandboxes.has(group.box)).toBe(false);
    await expect.poll(() => objectsOf(group.box)).toEqual([]);
  });

  it("[W8] one that is deleted while it starts does not run on, and who wanted it is told", async () => {
    const group = await boxedGroup();
    host.meanwhile.set("PUT ", () => controls(group).destroySandbox(group.lena, group.box));
    const refused = await ask(group, "/files?path=a", { method: "PUT", body: "1" });
    expect(refused.status).toBe(404);
    expect(await refused.json()).toMatchObject({ code: "not_found" });
    expect(host.sandboxes.has(group.box)).toBe(false);
    expect(await eventsOf(group, "sandbox-started")).toEqual([]);
  });

  it.each(["does not answer", "answers the start too late", "outlives the object"])(
    "[W8] one that is deleted while it starts is deleted later where its host %s",
    async (how) => {
      const group = await boxedGroup();
      host.meanwhile.set("PUT ", async () => {
        await controls(group).destroySandbox(group.lena, group.box);
        if (how === "does not answer")
          return host.meanwhile.set("DELETE ", () => Promise.reject(new Error("nobody is there")));
        host.sandboxes.set(group.box, { ...NEW_BOX, group: group.id });
        if (how === "outlives the object") return killObject(group);
        throw new Error("the link broke before the answer");
      });
      const asked = ask(group, "/files?path=a", { method: "PUT", body: "1" });
      const status = await asked.then((answer) => answer.status).catch(() => 0);
      expect(status).not.toBe(200);
      expect(host.sandboxes.has(group.box)).toBe(true);
      const wakesAt = await runInDurableObject(stubOf(group.id), (_object, { storage }) =>
        storage.getAlarm(),
      );
      expect(wakesAt).toBeLessThanOrEqual(Date.now() + 60_000);
      await killObject(group);
      await logOf(group);
      await later(group, 60_000);
      await expect.poll(() => host.sandboxes.has(group.box)).toBe(false);
    },
  );

  it("[W8] one that starts while its group is deleted is deleted once it has come up", async () => {
    const group = await boxedGroup();
    const held = Promise.withResolvers<void>();
    host.meanwhile.set("PUT ", () => held.promise);
    const asked = ask(group, "/files?path=a", { method: "PUT", body: "1" });
    await expect.poll(async () => (await viewOf(group)).state).toBe("starting");
    await expect.poll(() => host.whatOf(group.box)).toEqual(["PUT "]);
    await controls(group).deleteGroup(group.lena);
    held.resolve();
    await asked;
    expect(host.sandboxes.has(group.box)).toBe(true);
    await later(group, 60_000);
    await expect.poll(() => host.sandboxes.has(group.box)).toBe(false);
  });

  it("[N1] that it was made and deleted is told to the audit trail", async () => {
    const group = await boxedGroup();
    await controls(group).destroySandbox(group.lena, group.box);
    const told = () => (audit.told.get(group.id) ?? []).flat().map(({ note }) => note);
    await expect.poll(told).toEqual(
      expect.arrayContaining([
        { kind: "sandbox-created", actor: group.lena.user, subject: group.box },
        { kind: "sandbox-destroyed", actor: group.lena.user, subject: group.box },
      ]),
    );
  });

  it("[W9] what is let out changes at once where the group's rules do", async () => {
    const group = await filled();
    const view = await controls(group).view(group.lena);
    const { policy } = view.ok ? view.value : { policy: null };
    const egress = { hosts: ["example.com"], registries: false, secrets: [] };
    const changed = { ...policy!, sandboxes: { ...policy!.sandboxes, egress } };
    const command = { kind: "settings-change", policy: changed } as const;
    await controls(group).command(group.lena, { id: "let-out", command });
    await expect.poll(() => boxOf(group.box).egress.hosts).toEqual(["example.com"]);
  });

  it("[W10] a stop that is asked for keeps the workspace first, unless that is not wanted", async () => {
    const group = await filled();
    await say(group, `@ada use ${write("b", "2")}`);
    await waitFor(group, "run-ended");
    await controls(group).stopSandbox(group.lena, group.box, { snapshot: true });
    expect((await eventsOf(group, "sandbox-stopped"))[0]).toMatchObject({ reason: "asked" });
    expect((await viewOf(group)).snapshot?.files).toBe(2);
    await ask(group, "/files?path=a");
    await controls(group).stopSandbox(group.lena, group.box, { snapshot: false });
    expect(await eventsOf(group, "sandbox-snapshotted")).toHaveLength(1);
  });
});
