// Snapshots of a workspace: taken out as a manifest and packs under their hashes, and made whole again elsewhere.
import { createHash } from "node:crypto";

import { expect, it } from "vitest";

import { sandboxSnapshotSchema, type SandboxSnapshot } from "@acos/protocol";

import { describeTargets } from "./describe-targets.ts";
import { codeOf, expectOk, type SandboxClient } from "./sandbox-client.ts";

type Objects = Map<string, { readonly kind: "manifests" | "packs"; readonly bytes: Uint8Array }>;

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

async function take(one: SandboxClient): Promise<SandboxSnapshot> {
  const response = await expectOk(await one.agent("/snapshots", { method: "POST" }));
  return sandboxSnapshotSchema.parse(await response.json());
}

/** Everything that a snapshot is made of, each object checked against its name. */
async function fetched(one: SandboxClient, taken: SandboxSnapshot): Promise<Objects> {
  const objects: Objects = new Map();
  const names = [
    { kind: "manifests", hash: taken.snapshot } as const,
    ...taken.packs.map(({ pack }) => ({ kind: "packs", hash: pack }) as const),
  ];
  for (const { kind, hash } of names) {
    const response = await expectOk(await one.agent(`/snapshots/${kind}/${hash}`));
    const bytes = new Uint8Array(await response.arrayBuffer());
    expect(sha256(bytes)).toBe(hash);
    objects.set(hash, { kind, bytes });
  }
  return objects;
}

async function handIn(one: SandboxClient, objects: Objects): Promise<void> {
  for (const [hash, { kind, bytes: body }] of objects)
    await expectOk(await one.agent(`/snapshots/${kind}/${hash}`, { method: "PUT", body }));
}

const restore = (one: SandboxClient, snapshot: string) =>
  one.agent(`/snapshots/${snapshot}/restore`, { method: "POST" });

describeTargets("snapshots", ({ sandbox }) => {
  it("[W1] make another sandbox what this one was", async () => {
    const one = await sandbox();
    await one.write("a.txt", "one");
    await one.write(
      "deep/below/b.bin",
      Uint8Array.from({ length: 300_000 }, (_, at) => at % 251),
    );
    await one.write("empty", "");
    const taken = await take(one);
    expect(taken).toMatchObject({ files: 3, bytes: 300_003 });
    for (const pack of taken.packs) expect(pack.bytes).toBeGreaterThan(0);
    const other = await sandbox();
    await other.write("other.txt", "goes away");
    await handIn(other, await fetched(one, taken));
    await expectOk(await restore(other, taken.snapshot));
    expect(await other.textOf("a.txt")).toBe("one");
    expect(await other.textOf("empty")).toBe("");
    const deep = new Uint8Array(await (await other.read("deep/below/b.bin")).arrayBuffer());
    expect(deep).toEqual(Uint8Array.from({ length: 300_000 }, (_, at) => at % 251));
    expect(await codeOf(other.read("other.txt"))).toBe("not_found");
    expect((await take(other)).snapshot).toBe(taken.snapshot);
  });

  it("[W2] of the same files have the same name, and of others another", async () => {
    const one = await sandbox();
    await one.write("a.txt", "one");
    const first = await take(one);
    expect((await take(one)).snapshot).toBe(first.snapshot);
    await one.write("a.txt", "two");
    expect((await take(one)).snapshot).not.toBe(first.snapshot);
  });

  it("[W3] are handed in under their own hash alone", async () => {
    const one = await sandbox();
    const body = new TextEncoder().encode("no pack");
    const wrong = sha256(new Uint8Array());
    for (const kind of ["packs", "manifests"]) {
      const answer = await one.agent(`/snapshots/${kind}/${wrong}`, { method: "PUT", body });
      expect(answer.status).toBe(400);
    }
    expect(await codeOf(one.agent(`/snapshots/packs/${wrong}`))).toBe("not_found");
  });

  it("[W4] of which something is missing change nothing", async () => {
    const one = await sandbox();
    await one.write("a.txt", "one");
    const taken = await take(one);
    const objects = await fetched(one, taken);
    const other = await sandbox();
    await other.write("mine.txt", "stays");
    expect((await restore(other, taken.snapshot)).ok).toBe(false);
    const incomplete = new Map([...objects].filter(([, { kind }]) => kind === "manifests"));
    await handIn(other, incomplete);
    expect((await restore(other, taken.snapshot)).ok).toBe(false);
    expect(await other.textOf("mine.txt")).toBe("stays");
    expect(await codeOf(other.read("a.txt"))).toBe("not_found");
  });
});
