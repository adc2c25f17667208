// `acos keys` at a launcher that serves: who may ask, what each Worker reads, and what is said when nobody serves.
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { keys } from "../src/cli/keys.ts";
import { makeBench, type Launcher } from "./launcher.ts";

const SLOW_MS = 40_000;
let bench: Awaited<ReturnType<typeof makeBench>>;
let data: string;
let launcher: Launcher;
beforeAll(async () => {
  bench = await makeBench();
  data = bench.newData();
  launcher = await bench.up({ data });
}, SLOW_MS);
afterAll(() => bench.end(), SLOW_MS);

async function run(...args: string[]): Promise<string> {
  const output = new PassThrough();
  const interrupted = Promise.withResolvers<void>().promise;
  const terminal = {
    environment: {},
    input: new PassThrough(),
    output,
    errors: output,
    interrupted,
  };
  await keys([...args, "--data", data], terminal);
  return String(output.read());
}
const door = () =>
  JSON.parse(readFileSync(join(data, "control.json"), "utf8")) as { port: number; secret: string };
const knock = async (path: string, secret: string) =>
  (
    await fetch(`http://127.0.0.1:${door().port}${path}`, {
      headers: { "acos-inner-secret": secret },
    })
  ).status;

describe("acos keys", { timeout: SLOW_MS }, () => {
  it("[X4] tells what is at work and exchanges it", async () => {
    const before = await run();
    expect(before).toContain("signs");
    expect(await run("rotate", "ca")).toContain("signs now");
    expect(await run()).not.toBe(before);
    expect(await run("rotate", "master")).toContain("seals now");
    expect(readFileSync(join(data, "keys/master.key"), "utf8").trim().split("\n")).toHaveLength(1);
  });

  it("[X4] is for whoever can read the folder: its door opens for no other secret", async () => {
    expect(statSync(join(data, "control.json")).mode & 0o777).toBe(0o600);
    expect(await knock("/keys", "")).toBe(403);
    expect(await knock("/keys", "x".repeat(43))).toBe(403);
    expect(await knock("/keys", door().secret)).toBe(200);
    expect(await knock("/keys/ca/rotate", door().secret)).toBe(404);
    expect(await knock("/elsewhere", door().secret)).toBe(404);
  });

  it("[X4] each Worker reads its own keys only", async () => {
    const { keys: orchestrators } = (await (await fetch(`${launcher.url}/vars`)).json()) as {
      keys: string[];
    };
    expect(orchestrators).toEqual(["authority", "master", "dataKeysSince"]);
    const agents = await fetch(`${launcher.url}/agents/keys`, { method: "POST" });
    expect(await agents.json()).toEqual(["master"]);
  });

  it("[X4] says what to do when nobody serves the folder, and what can be done at all", async () => {
    await expect(run("rotate", "auth")).rejects.toThrow("Usage: acos keys");
    launcher.kill("SIGTERM");
    expect(await launcher.exit).toBe(0);
    await expect(run()).rejects.toThrow("No acos serves");
  });
});
