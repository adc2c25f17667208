// Manifests and packs that somebody made to do harm: refused before anything of the workspace changed, or undone by a hash.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { zstdCompressSync } from "node:zlib";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { checkpointId, TestWorkspace } from "./workspace-server.ts";

let ws: TestWorkspace;
beforeEach(() => {
  ws = new TestWorkspace();
  writeFileSync(ws.at("mine"), "mine");
});
afterEach(() => ws.close());

const sha256 = (bytes: Uint8Array | string) => createHash("sha256").update(bytes).digest("hex");
const CONTENT = "evil content";
const pack = zstdCompressSync(CONTENT);
const PACK = [sha256(pack), CONTENT.length, pack.length];

type Fields = Record<string, unknown>;
const file = (path: string, more: Fields = {}): Fields => ({
  path,
  type: "file",
  mode: 0o644,
  mtime: 1_600_000_000_000,
  size: CONTENT.length,
  sha256: sha256(CONTENT),
  parts: [[0, 0, CONTENT.length]],
  ...more,
});
const folder = (path: string): Fields => ({ path, type: "directory", mode: 0o755, mtime: 0 });
const link = (path: string, target: string): Fields => ({
  path,
  type: "symlink",
  mode: 0o777,
  mtime: 0,
  target,
});

/** Hands in a manifest of these entries and restores it. */
async function restore(entries: readonly Fields[], more: Fields = {}): Promise<unknown> {
  const roots = { workspace: entries, checkpoints: [] };
  const text = JSON.stringify({ version: 1, packs: [PACK], roots, leftOut: 0, ...more });
  return handIn(zstdCompressSync(text));
}

async function handIn(manifest: Buffer, ...packs: readonly Buffer[]): Promise<unknown> {
  for (const bytes of [pack, ...packs]) {
    await ws.fetch("PUT", `/snapshots/packs/${sha256(bytes)}`, bytes);
  }
  await ws.fetch("PUT", `/snapshots/manifests/${sha256(manifest)}`, manifest);
  return ws.restore(sha256(manifest));
}

const outside = () => join(ws.root, "outside");
const deep = `${"d".repeat(255)}/`.repeat(17);

describe("a hostile manifest is refused as a whole", () => {
  it("[W27] an honest one of the same making is not", async () => {
    await restore([file("a"), folder("d"), file("d/a"), link("l", "/etc/passwd")]);
    expect(readdirSync(ws.place.workspace).sort()).toEqual(["a", "d", "l"]);
  });

  it.each<[string, Fields[], Fields?]>([
    ["an absolute path", [file("/tmp/acos-evil")]],
    ["..", [file("..")]],
    ["a path up", [file("../outside")]],
    ["a path up in the middle", [folder("a"), file("a/../../outside")]],
    ["a dot", [file("./a")]],
    ["an empty part", [folder("a"), file("a//b")]],
    ["an empty path", [file("")]],
    ["a zero byte", [file("a\0b")]],
    ["a path that is no folder's", [file("a/b")]],
    ["a path through a file", [file("a"), file("a/b")]],
    ["a path through a symlink", [link("a", "../outside"), file("a/b")]],
    ["a symlink and a folder of one name", [link("a", "/"), folder("a"), file("a/b")]],
    ["the same path twice", [file("a"), file("a")]],
    ["paths that are not sorted", [file("b"), file("a")]],
    ["a name too long", [file("x".repeat(256))]],
    ["a path too long", [file(`${deep}x`)]],
    ["base64 of a path up", [{ ...file("a"), path: undefined, path64: "Li4vb3V0c2lkZQ==" }]],
    ["a size that lies", [file("a", { size: 5 })]],
    ["a negative size", [file("a", { size: -1, parts: [] })]],
    ["a part outside its pack", [file("a", { parts: [[0, 5, CONTENT.length]] })]],
    ["a part of no pack", [file("a", { parts: [[7, 0, CONTENT.length]] })]],
    ["a negative offset", [file("a", { parts: [[0, -5, CONTENT.length]] })]],
    ["an endless file", [file("a", { size: 2 ** 50, parts: [[-1, 0, 2 ** 50]] })]],
    ["a pack larger than any", [file("a")], { packs: [[PACK[0], 2 ** 40, 9]] }],
    ["a set-user-id bit", [file("a", { mode: 0o4755 })]],
    ["a device", [file("a", { type: "device" })]],
    ["a symlink to nowhere", [link("a", "")]],
    ["a time that is none", [file("a", { mtime: "now" })]],
    ["another version", [file("a")], { version: 2 }],
    ["no roots", [], { roots: null }],
    ["a prototype", [], { roots: { __proto__: { workspace: [] } } }],
    [
      "a configuration for git",
      [],
      { roots: { workspace: [], checkpoints: [file("config", { path: "config" })] } },
    ],
    [
      "a hook for git",
      [],
      { roots: { workspace: [], checkpoints: [folder("hooks"), file("hooks/post-checkout")] } },
    ],
    [
      "alternates for git",
      [],
      {
        roots: {
          workspace: [],
          checkpoints: [folder("objects"), folder("objects/info"), file("objects/info/alternates")],
        },
      },
    ],
    [
      "a symlink among git's refs",
      [],
      { roots: { workspace: [], checkpoints: [link("refs", "/")] } },
    ],
  ])("[W27] with %s", async (_what, entries, more) => {
    await expect(restore(entries, more)).rejects.toThrow(/^storage_damaged: /);
    expect(readdirSync(ws.place.workspace)).toEqual(["mine"]);
    expect(existsSync(outside())).toBe(false);
    // The workspace is whole: it can be snapshotted.
    await ws.snapshot();
  });

  it("[W27] that is no zstd, no JSON, or grows without end", async () => {
    await expect(handIn(Buffer.from("not zstd"))).rejects.toThrow(/^storage_damaged: /);
    await expect(handIn(zstdCompressSync("{"))).rejects.toThrow(/^storage_damaged: /);
    const bomb = zstdCompressSync(Buffer.alloc(300 * 1024 * 1024, 32));
    await expect(handIn(bomb)).rejects.toThrow(/^storage_damaged: /);
    expect(readdirSync(ws.place.workspace)).toEqual(["mine"]);
  });
});

describe("a hostile pack", () => {
  const manifestOf = (packs: unknown[], entry: Fields) =>
    zstdCompressSync(
      JSON.stringify({
        version: 1,
        packs,
        roots: { workspace: [entry], checkpoints: [] },
        leftOut: 0,
      }),
    );

  it("[W28] that is larger than was said is not unpacked to its end", async () => {
    const bomb = zstdCompressSync(Buffer.alloc(200 * 1024 * 1024));
    const manifest = manifestOf([[sha256(bomb), 12, bomb.length]], file("a"));
    await expect(handIn(manifest, bomb)).rejects.toThrow(/^storage_damaged: Pack /);
  });

  it("[W28] with other bytes than the file's hash says leaves no such file", async () => {
    const other = zstdCompressSync("EVIL content");
    const manifest = manifestOf([[sha256(other), 12, other.length]], file("a"));
    await expect(handIn(manifest, other)).rejects.toThrow(/^storage_damaged: A file/);
    expect(existsSync(ws.at("a"))).toBe(false);
    await expect(ws.snapshot()).rejects.toThrow(/^conflict: .*half there/);
    await restore([file("a")]);
    await ws.snapshot();
  });

  it("[W28] with a tree of git that names files outside is not gone back to", async () => {
    await ws.keep(checkpointId(1));
    const env = { ...process.env, GIT_DIR: join(ws.place.state, "checkpoints") };
    const git = (input: Buffer | string, ...args: string[]) =>
      execFileSync("git", args, { env, input }).toString().trim();
    const blob = git(CONTENT, "hash-object", "-w", "--stdin");
    const inner = Buffer.concat([Buffer.from("100644 outside\0"), Buffer.from(blob, "hex")]);
    const literal = ["hash-object", "-t", "tree", "-w", "--stdin", "--literally"];
    const below = Buffer.from(git(inner, ...literal), "hex");
    const tree = git(Buffer.concat([Buffer.from("40000 ..\0"), below]), ...literal);
    const who = ["-c", "user.name=a", "-c", "user.email=a@b"];
    const commit = git("", ...who, "commit-tree", tree, "-m", checkpointId(2));
    git("", "update-ref", `refs/checkpoints/${checkpointId(2)}`, commit);
    await expect(ws.goBack(checkpointId(2))).rejects.toThrow(/^storage_damaged: /);
    await expect(ws.changes(checkpointId(2))).rejects.toThrow(/^storage_damaged: /);
    expect(existsSync(outside())).toBe(false);
  });

  it("[W28] and symlinks that were planted before are replaced, not followed", async () => {
    mkdirSync(outside());
    symlinkSync(outside(), ws.at("d"));
    symlinkSync(join(outside(), "x"), ws.at("f"));
    await restore([folder("d"), file("d/a"), file("f")]);
    expect(readdirSync(outside())).toEqual([]);
  });
});
