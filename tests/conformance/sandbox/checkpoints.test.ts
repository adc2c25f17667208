// Checkpoints: what changed since, taking hunks of it back, and going back to one whole.
import { expect, it } from "vitest";

import {
  checkpointKeptSchema,
  sandboxChangesSchema,
  undoneSchema,
  type CheckpointId,
} from "@acos/protocol";
import { freshId } from "@acos/testkit";

import { describeTargets } from "./describe-targets.ts";
import { codeOf, expectOk, type SandboxClient } from "./sandbox-client.ts";

async function keep(
  one: SandboxClient,
): Promise<{ checkpoint: CheckpointId; changed: boolean; described: string }> {
  const checkpoint = freshId("checkpoint");
  const response = await one.agent("/checkpoints", { method: "POST", json: { checkpoint } });
  const kept = checkpointKeptSchema.parse(await (await expectOk(response)).json());
  return { checkpoint, ...kept };
}

async function changes(one: SandboxClient, search: string) {
  const response = await expectOk(await one.agent("/checkpoints/changes", { search }));
  return sandboxChangesSchema.parse(await response.json()).hunks;
}

async function undo(one: SandboxClient, json: object) {
  const response = await one.agent("/checkpoints/undo", { method: "POST", json });
  return undoneSchema.parse(await (await expectOk(response)).json());
}

describeTargets("checkpoints", ({ sandbox }) => {
  it("[K1] say whether anything has changed, and what the workspace says of itself", async () => {
    const one = await sandbox();
    await one.write("AGENTS.md", "Use tabs.");
    const first = await keep(one);
    expect(first).toMatchObject({ changed: true });
    expect(first.described).toContain("Use tabs.");
    expect(await keep(one)).toMatchObject({ changed: false });
    await one.write("a.txt", "1\n");
    expect(await keep(one)).toMatchObject({ changed: true });
  });

  it("[K2] tell changes as hunks, up to another checkpoint or to now", async () => {
    const one = await sandbox();
    await one.write("a.txt", "one\n");
    const { checkpoint: from } = await keep(one);
    expect(await changes(one, `?from=${from}`)).toEqual([]);
    await one.write("a.txt", "two\n");
    await one.write("new.txt", "n\n");
    const { checkpoint: to } = await keep(one);
    await one.write("later.txt", "l\n");
    const between = await changes(one, `?from=${from}&to=${to}`);
    expect(between.map(({ path }) => path).toSorted()).toEqual(["a.txt", "new.txt"]);
    const [first] = between.filter(({ path }) => path === "a.txt");
    expect(first).toMatchObject({ added: 1, removed: 1 });
    expect(first?.diff).toMatch(/-one\n\+two/);
    const now = await changes(one, `?from=${from}`);
    expect(now.map(({ path }) => path)).toContain("later.txt");
  });

  it("[K3] let single hunks be taken back, and leave the others", async () => {
    const one = await sandbox();
    await one.write("a.txt", "one\n");
    await one.write("b.txt", "one\n");
    const { checkpoint: from } = await keep(one);
    await one.write("a.txt", "two\n");
    await one.write("b.txt", "two\n");
    await one.write("new.txt", "n\n");
    const hunks = await changes(one, `?from=${from}`);
    const wanted = hunks.filter(({ path }) => path !== "b.txt").map(({ hunk }) => hunk);
    const { undone, refused } = await undo(one, { from, hunks: wanted });
    expect(undone.toSorted()).toEqual(wanted.toSorted());
    expect(refused).toEqual([]);
    expect(await one.textOf("a.txt")).toBe("one\n");
    expect(await one.textOf("b.txt")).toBe("two\n");
    expect(await codeOf(one.read("new.txt"))).toBe("not_found");
  });

  it("[K3] refuse a hunk where the file has changed since, and one that nobody knows", async () => {
    const one = await sandbox();
    await one.write("a.txt", "one\n");
    const { checkpoint: from } = await keep(one);
    await one.write("a.txt", "two\n");
    const { checkpoint: to } = await keep(one);
    const [hunk] = await changes(one, `?from=${from}&to=${to}`);
    await one.write("a.txt", "three\n");
    const hunks = [hunk!.hunk, "ab".repeat(32)];
    const { undone, refused } = await undo(one, { from, to, hunks });
    expect(undone).toEqual([]);
    expect(refused.map((each) => each.hunk).toSorted()).toEqual(hunks.toSorted());
    expect(await one.textOf("a.txt")).toBe("three\n");
  });

  it("[K4] are gone back to whole", async () => {
    const one = await sandbox();
    await one.write("a.txt", "one\n");
    const { checkpoint } = await keep(one);
    await one.write("a.txt", "two\n");
    await one.write("new.txt", "n\n");
    await expectOk(await one.agent(`/checkpoints/${checkpoint}/restore`, { method: "POST" }));
    expect(await one.textOf("a.txt")).toBe("one\n");
    expect(await codeOf(one.read("new.txt"))).toBe("not_found");
    const unknown = freshId("checkpoint");
    const path = `/checkpoints/${unknown}/restore`;
    expect(await codeOf(one.agent(path, { method: "POST" }))).toBe("not_found");
  });
});
