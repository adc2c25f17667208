// Files of a sandbox over the agent: conditions, atomic writes, and things that are no files.
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { Agent, endAgents } from "./agent-client.ts";

let agent: Agent;
beforeAll(async () => {
  agent = await Agent.start();
});
afterAll(endAgents);

const at = (path: string) => join(agent.workspace, path);
const makePipe = (path: string) => execFileSync("bash", ["-c", 'mkfifo "$0"', path]);
const read = async (path: string, headers = {}) =>
  await agent.ask(`GET /files?path=${encodeURIComponent(path)}`, { headers });
const write = async (path: string, body: string | Buffer, headers = {}) =>
  await agent.json(`PUT /files?path=${encodeURIComponent(path)}`, { body, headers });

describe("reading", () => {
  it("[A24] answers a file's bytes with its etag, and a folder's entries", async () => {
    writeFileSync(at("a.bin"), Buffer.from([0, 1, 2, 255]));
    const file = await read("a.bin");
    expect(file.status).toBe(200);
    expect(file.headers).toMatchObject({
      "acos-entry": "file",
      "content-type": "application/octet-stream",
      "content-length": "4",
      etag: expect.stringMatching(/^"[0-9a-f]{20}"$/),
    });
    expect(file.body).toEqual(Buffer.from([0, 1, 2, 255]));
    mkdirSync(at("folder/inner"), { recursive: true });
    writeFileSync(at("folder/b.txt"), "b");
    symlinkSync("b.txt", at("folder/link"));
    const folder = await read("folder");
    expect(folder.headers["acos-entry"]).toBe("directory");
    const { entries, more, path } = JSON.parse(folder.body.toString());
    expect({ more, path }).toEqual({ more: false, path: "folder" });
    expect(entries.map(({ name, type }: Record<string, string>) => [name, type])).toEqual([
      ["b.txt", "file"],
      ["inner", "directory"],
      ["link", "symlink"],
    ]);
  });

  it("[A24] answers one range, and nothing new where the etag is known", async () => {
    writeFileSync(at("range"), "0123456789");
    const answers = async (range: string) => {
      const { status, body } = await read("range", { range });
      return [status, body.toString()];
    };
    expect(await answers("bytes=2-4")).toEqual([206, "234"]);
    expect(await answers("bytes=7-")).toEqual([206, "789"]);
    expect(await answers("bytes=-2")).toEqual([206, "89"]);
    expect(await answers("bytes=10-12")).toEqual([416, ""]);
    expect(await answers("lines=1-2")).toEqual([200, "0123456789"]);
    const { headers } = await read("range");
    const again = await read("range", { "if-none-match": headers.etag ?? "" });
    expect(again.status).toBe(304);
  });

  it("[A24] sends empty files, large ones and those of /proc whole", async () => {
    writeFileSync(at("empty"), "");
    expect((await read("empty")).body).toHaveLength(0);
    writeFileSync(at("large"), Buffer.alloc(9_000_000, "x"));
    expect((await read("large")).body).toHaveLength(9_000_000);
    expect((await read("/proc/self/status")).body.toString()).toContain("Name:");
  });

  it("[A26] never waits for a pipe, a device or a socket", async () => {
    makePipe(at("pipe"));
    symlinkSync("pipe", at("to-pipe"));
    const server = createServer().listen(at("socket"));
    for (const path of ["pipe", "to-pipe", "/dev/zero", "/dev/tty", "socket"]) {
      const answer = await read(path);
      expect([path, answer.status]).toEqual([path, 400]);
      const tool = await agent.tool("read_file", { path });
      expect(tool.isError).toBe(true);
    }
    expect((await write("pipe", "x")).status).toBe(409);
    makePipe(at(".gitignore"));
    expect((await agent.tool("list_files", {})).text).toContain("pipe (no file)");
    expect((await agent.tool("search_files", { pattern: "x" })).isError).toBe(false);
    server.close();
  });

  it("[A27] says in words what is wrong with a path", async () => {
    const cases = [
      ["nothing/here", 404, "not_found"],
      ["a.bin/below", 400, "invalid_request"],
      ["x".repeat(300), 400, "invalid_request"],
      ["loop", 400, "invalid_request"],
    ] as const;
    symlinkSync("loop", at("loop"));
    for (const [path, status, code] of cases) {
      const answer = await agent.json(`GET /files?path=${path}`);
      expect(answer).toMatchObject({ status, body: { code, message: expect.any(String) } });
    }
    expect((await agent.json("GET /files")).body).toMatchObject({ code: "invalid_request" });
    expect((await agent.json("GET /files?path=a%00b")).status).toBe(400);
  });
});

describe("writing", () => {
  it("[A25] makes the folders above, and leaves nothing beside the file", async () => {
    const answer = await write("deep/er/file.txt", "text");
    expect(answer.status).toBe(200);
    expect(readFileSync(at("deep/er/file.txt"), "utf8")).toBe("text");
    expect(readdirSync(at("deep/er"))).toEqual(["file.txt"]);
    expect((await read("deep/er/file.txt")).headers.etag).toBe(answer.body.etag);
  });

  it("[A25] holds to If-Match and If-None-Match, also when many write at once", async () => {
    const first = await write("match", "1", { "if-none-match": "*" });
    expect(first.status).toBe(200);
    expect((await write("match", "2", { "if-none-match": "*" })).body.code).toBe("conflict");
    expect((await write("absent", "2", { "if-match": first.body.etag })).status).toBe(409);
    const etag = first.body.etag;
    const all = await Promise.all(
      Array.from({ length: 12 }, (_, index) => write("match", `by ${index}`, { "if-match": etag })),
    );
    expect(all.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(all.filter(({ body }) => body.code === "conflict")).toHaveLength(11);
    writeFileSync(at("match"), "by nobody");
    expect((await write("match", "3", { "if-match": etag })).status).toBe(409);
    expect(readFileSync(at("match"), "utf8")).toBe("by nobody");
  });

  it("[A25] keeps the mode of a file that it replaces, or sets the one that is asked for", async () => {
    writeFileSync(at("script"), "old");
    chmodSync(at("script"), 0o750);
    await write("script", "new");
    expect(lstatSync(at("script")).mode & 0o777).toBe(0o750);
    await agent.ask("PUT /files?path=tool&mode=755", { body: "x" });
    expect(lstatSync(at("tool")).mode & 0o777).toBe(0o755);
    expect((await agent.ask("PUT /files?path=tool&mode=9", { body: "x" })).status).toBe(400);
  });

  it("[A25] writes through a link, which stays one", async () => {
    writeFileSync(at("target"), "old");
    symlinkSync("target", at("linked"));
    await write("linked", "new");
    expect(readFileSync(at("target"), "utf8")).toBe("new");
    expect(lstatSync(at("linked")).isSymbolicLink()).toBe(true);
  });

  it("[A25] that breaks off or is too large leaves everything as it was", async () => {
    writeFileSync(at("kept"), "kept");
    const answer = await write("kept", Buffer.alloc(17 * 1024 * 1024));
    expect(answer).toMatchObject({ status: 413, body: { code: "too_large" } });
    expect(readFileSync(at("kept"), "utf8")).toBe("kept");
    expect(readdirSync(agent.workspace).filter((name) => name.endsWith(".acos"))).toEqual([]);
    mkdirSync(at("is-folder"), { recursive: true });
    expect((await write("is-folder", "x")).status).toBe(409);
  });

  it("[A25] deletes files and folders, but not the workspace or a file that has changed", async () => {
    await write("gone/a", "a");
    const { body } = await write("gone-file", "a");
    await write("gone-file", "b");
    const changed = await agent.ask("DELETE /files?path=gone-file", {
      headers: { "if-match": body.etag },
    });
    expect(changed.status).toBe(409);
    expect((await agent.ask("DELETE /files?path=gone-file")).status).toBe(204);
    expect((await agent.ask("DELETE /files?path=gone")).status).toBe(204);
    expect(existsSync(at("gone"))).toBe(false);
    expect((await agent.ask("DELETE /files?path=gone")).status).toBe(404);
    for (const path of [".", "/", "..", agent.workspace])
      expect((await agent.ask(`DELETE /files?path=${path}`)).status).toBe(403);
  });
});
