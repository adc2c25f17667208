import { spawn } from "node:child_process";
import {
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
  mkdirSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { locateDataFolder, makeDataFolder } from "../src/up/data-folder.ts";
import { fingerprint } from "../src/up/fingerprint.ts";
import { KeyFiles } from "../src/up/key-files.ts";
import { endFormerProcesses, listOwned } from "../src/up/owned-processes.ts";
import { takeOwnerLock } from "../src/up/owner-lock.ts";
import { RefusedStart } from "../src/usage-error.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "acos-folder-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

describe("keys", () => {
  it("[D1] are made once, and only their owner may read them", async () => {
    const umask = process.umask(0);
    const folder = locateDataFolder(join(root, "data"));
    makeDataFolder(folder);
    const keys = (await KeyFiles.open(folder)).read();
    process.umask(umask);
    expect(modeOf(folder.path)).toBe("700");
    const files = readdirSync(join(folder.path, "keys"));
    expect(files.map((file) => modeOf(join(folder.path, "keys", file)))).toEqual(
      files.map(() => "600"),
    );
    expect(modeOf(join(folder.path, "keys"))).toBe("700");
    expect((await KeyFiles.open(folder)).read()).toEqual(keys);
  });

  it("[D1] are what the Workers take: a ring of Ed25519 JWKs and 32 bytes", async () => {
    const folder = locateDataFolder(join(root, "data"));
    makeDataFolder(folder);
    const keys = (await KeyFiles.open(folder)).read();
    const jwk = { kty: "OKP", crv: "Ed25519", x: expect.any(String), d: expect.any(String) };
    expect(JSON.parse(keys.authority)).toEqual([jwk, jwk]);
    expect(Buffer.from(keys.master, "base64url")).toHaveLength(32);
    expect(keys.auth).not.toBe(keys.master);
  });

  it.each(["ca.json", "master.key", "auth.secret"])(
    "[D2] a missing %s is an error and not a new key",
    async (file) => {
      const folder = locateDataFolder(join(root, "data"));
      makeDataFolder(folder);
      await KeyFiles.open(folder);
      rmSync(join(folder.path, "keys", file));
      await expect(KeyFiles.open(folder)).rejects.toThrow(file);
    },
  );

  it("[D2] all of them missing is an error too, once they were made", async () => {
    const folder = locateDataFolder(join(root, "data"));
    makeDataFolder(folder);
    await KeyFiles.open(folder);
    for (const file of ["ca.json", "master.key", "auth.secret"])
      rmSync(join(folder.path, "keys", file));
    await expect(KeyFiles.open(folder)).rejects.toThrow(RefusedStart);
  });
});

describe("owner", () => {
  it("[D3] a folder that is held is refused by name, and free again after the release", () => {
    const lock = takeOwnerLock(root);
    expect(() => takeOwnerLock(root)).toThrow(`${root} is in use by another acos`);
    lock.release();
    takeOwnerLock(root).release();
  });

  it("[D5] what a former owner left running is ended; a pid that is another program's now is left alone", async () => {
    const running = join(root, "run");
    mkdirSync(running);
    const left = spawn("sleep", ["60"], { env: { ...process.env, ACOS_RUN_FOLDER: running } });
    const stranger = spawn("sleep", ["60"]);
    const ended = Promise.withResolvers<NodeJS.Signals | null>();
    left.once("exit", (_, name) => ended.resolve(name));
    for (const { pid } of [left, stranger]) writeFileSync(join(running, String(pid)), "main\n");
    expect(listOwned(running)).toEqual([{ pid: left.pid, role: "main" }]);
    expect(await endFormerProcesses(running)).toBe(1);
    expect(await ended.promise).toBe("SIGKILL");
    expect(stranger.exitCode).toBeNull();
    expect(() => process.kill(stranger.pid ?? 0, 0)).not.toThrow();
    expect(readdirSync(running)).toEqual([]);
    stranger.kill("SIGKILL");
  });
});

describe("fingerprint", () => {
  it("[B1] follows the bytes, not the times, and leaves tests out", () => {
    mkdirSync(join(root, "src"));
    const write = (file: string, text: string) => writeFileSync(join(root, "src", file), text);
    write("a.ts", "1");
    const print = fingerprint(root, ["src", "missing"]);
    utimesSync(join(root, "src/a.ts"), 1, 1);
    write("a.test.ts", "1");
    expect(fingerprint(root, ["src", "missing"])).toBe(print);
    write("a.ts", "2");
    expect(fingerprint(root, ["src", "missing"])).not.toBe(print);
  });
});
