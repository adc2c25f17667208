// The verbs about sandboxes, run in this process against a small server that answers as the product does.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { doctor } from "../src/cli/doctor.ts";
import { exec, splitCommand } from "../src/cli/exec.ts";
import { preview } from "../src/cli/preview.ts";
import { sandboxes } from "../src/cli/sandboxes.ts";
import { until } from "./launcher.ts";
import { fakeTerminal, GROUP, SANDBOX, sandboxNamed, serveSandboxes } from "./sandbox-server.ts";

let server: Awaited<ReturnType<typeof serveSandboxes>>;
beforeEach(async () => {
  server = await serveSandboxes();
});
afterEach(() => server.close());

const b64 = (text: string) => Buffer.from(text).toString("base64");
const START = { t: "start", seq: 1, process: "prc1" };
const exit = (seq: number, code: number | null = 0, rest: object = {}) => ({
  t: "exit",
  seq,
  code,
  signal: null,
  timedOut: false,
  ...rest,
});
/** Writes frames as lines; what is cut off ends without its exit. */
const frames =
  (...lines: object[]) =>
  (response: ServerResponse) => {
    response.writeHead(200, { "content-type": "application/x-ndjson" });
    response.end(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  };
const bodyOf = (route: string) =>
  JSON.parse(server.asked.find((asked) => asked.route === route)?.body ?? "null") as unknown;

describe("sandboxes", () => {
  it("[C17] lists a line each, and looking makes none", async () => {
    const snapshot = { snapshot: "a".repeat(64), files: 3, bytes: 2_048 };
    const problem = { code: "sandbox_failed", message: "out of\u001b[2J memory" };
    server.answers["GET /sandboxes"] = {
      items: [
        { ...sandboxNamed("main"), snapshot },
        { ...sandboxNamed("te\nst", 2), state: "failed", problem },
      ],
    };
    const { world, shown } = fakeTerminal(server.url);
    await sandboxes([GROUP], world);
    const lines = shown.output.trimEnd().split("\n");
    expect(lines[0]).toMatch(
      /^sbx_\S+ {2}main {3}ready {3}2026-11-26 16:30 UTC {2}3 files, 2\.0 KiB$/,
    );
    expect(lines[1]).toContain("te st  failed  2026-11-26 16:30 UTC  out of[2J memory");
    server.answers["GET /sandboxes"] = { items: [] };
    await sandboxes([GROUP], world);
    expect(shown.output).toContain("There is no sandbox in this group yet.");
    expect(new Set(server.routes())).toEqual(new Set(["GET /sandboxes"]));
  });
});

describe("which sandbox", () => {
  const PREVIEW = {
    url: "http://5173--x.preview.localhost:8787/?t=1",
    expiresAt: "2026-11-26T16:31:00Z",
  };
  const made = sandboxNamed("main");

  it("[C18] a script is told how to make one, and nothing is made", async () => {
    server.answers["GET /sandboxes"] = { items: [] };
    const { world } = fakeTerminal(server.url);
    await expect(preview([GROUP, "5173"], world)).rejects.toThrow("Make one with --create.");
    expect(server.routes()).toEqual(["GET /sandboxes"]);
  });

  it("[C18] --create makes one, under the name it is given", async () => {
    server.answers["GET /sandboxes"] = { items: [] };
    server.answers["POST /sandboxes"] = made;
    server.answers["POST /preview"] = PREVIEW;
    const { world, shown } = fakeTerminal(server.url);
    await preview([GROUP, "5173", "--create", "--sandbox", "web"], world);
    expect(bodyOf("POST /sandboxes")).toEqual({ name: "web" });
    expect(shown.output).toBe(`${PREVIEW.url}\n`);
  });

  it.each([
    ["y", true],
    ["", false],
    ["n", false],
  ])("[C18] somebody at a terminal is asked, and %j counts", async (said, isMade) => {
    server.answers["GET /sandboxes"] = { items: [] };
    server.answers["POST /sandboxes"] = made;
    server.answers["POST /preview"] = PREVIEW;
    const { world, shown, input } = fakeTerminal(server.url, true);
    const asking = preview([GROUP, "5173"], world).then(
      () => true,
      () => false,
    );
    await until(() => shown.errors.includes("Make one? [y/N]"));
    input.write(`${said}\n`);
    expect(await asking).toBe(isMade);
    expect(server.routes().includes("POST /sandboxes")).toBe(isMade);
  });

  it("[C18] one of several is named by name or id; without a name they are listed", async () => {
    server.answers["GET /sandboxes"] = { items: [sandboxNamed("main"), sandboxNamed("other", 2)] };
    server.answers["POST /preview"] = PREVIEW;
    const { world } = fakeTerminal(server.url);
    await expect(preview([GROUP, "1"], world)).rejects.toThrow("--sandbox and a name: main, other");
    await preview([GROUP, "1", "--sandbox", "MAIN"], world);
    await preview([GROUP, "1", "--sandbox", SANDBOX], world);
    await expect(preview([GROUP, "1", "--sandbox", "third"], world)).rejects.toThrow(
      'There is no sandbox named "third" in this group. There are: main, other.',
    );
  });

  it("[C22] a port that is none is refused, and the server's refusal is shown", async () => {
    const { world } = fakeTerminal(server.url);
    await expect(preview([GROUP, "70000"], world)).rejects.toThrow('"70000" is not a port');
    await expect(preview([GROUP, "80"], world)).rejects.toThrow("nothing there");
  });
});

describe("exec", () => {
  const run = async (args: string[], isTTY = false) => {
    const terminal = fakeTerminal(server.url, isTTY);
    return { code: await exec([GROUP, ...args], terminal.world), ...terminal };
  };

  it("[C19] keeps output and errors apart and passes the exit code on", async () => {
    server.answers["POST /exec"] = frames(
      START,
      { t: "out", seq: 2, b64: b64("one\n") },
      { t: "err", seq: 3, b64: b64("oh\n") },
      { t: "beat" },
      { t: "out", seq: 4, b64: b64("two\n") },
      exit(5, 7),
    );
    const { code, shown } = await run(["--cwd", "src", "--timeout", "2.5", "ls", "-la", "a b"]);
    expect(code).toBe(7);
    expect(shown.output).toBe("one\ntwo\n");
    expect(shown.errors).toBe("oh\n");
    expect(bodyOf("POST /exec")).toEqual({
      command: "ls -la 'a b'",
      input: "",
      background: false,
      cwd: "src",
      timeoutMs: 2_500,
    });
    expect(server.asked.at(-1)?.headers.accept).toBe("application/x-ndjson");
  });

  it.each([
    [[GROUP, "ls | wc -l"], "ls | wc -l"],
    [[GROUP, "--", "--help"], "--help"],
    [[GROUP, "git", "log", "--sandbox", "x"], "git log --sandbox x"],
    [["--sandbox", "s", GROUP, "echo", "it's"], "echo 'it'\\''s'"],
    [[GROUP, "--create", "--", "a", "--", "b"], "a -- b"],
    [[GROUP], ""],
  ])("[C19] %j runs %j", (args, command) => {
    expect(splitCommand(args).command).toBe(command);
  });

  it("[C19] says what is wrong with what was asked for", async () => {
    await expect(run([])).rejects.toThrow("There is no command.");
    await expect(run(["--timeout", "never", "ls"])).rejects.toThrow('"never" is no timeout');
    await expect(run(["ls"])).rejects.toThrow("nothing there");
  });

  it("[C20] goes on where a link broke off, and nothing is run or shown twice", async () => {
    server.answers["POST /exec"] = frames(START, { t: "out", seq: 2, b64: b64("one ") });
    server.answers["GET /processes/prc1/output?from=2"] = (response) => {
      response.writeHead(200, { "content-type": "application/x-ndjson" });
      response.write(`${JSON.stringify({ t: "out", seq: 2, b64: b64("one ") })}\n`);
      response.write(`${JSON.stringify({ t: "out", seq: 3, b64: b64("two ") })}\n{"t":"o`);
      setImmediate(() => response.destroy());
    };
    server.answers["GET /processes/prc1/output?from=3"] = frames(
      { t: "gap", seq: 4, bytes: 12 },
      { t: "out", seq: 5, b64: b64("three") },
      exit(6),
    );
    const { code, shown } = await run(["make"]);
    expect(code).toBe(0);
    expect(shown.output).toBe("one two three");
    expect(shown.errors).toBe("[12 bytes are not kept any more]\n");
    expect(server.routes().filter((route) => route === "POST /exec")).toHaveLength(1);
  });

  it("[C20] a command that a lost link ended says so; with --keep it goes on, and its time is counted here", async () => {
    const killed = exit(2, null, { signal: "SIGKILL" });
    server.answers["POST /exec"] = frames(START);
    server.answers["GET /processes/prc1/output?from=1"] = frames(killed);
    expect((await run(["make"])).shown.errors).toContain("with --keep it goes on");
    let running: ServerResponse | undefined;
    server.answers["POST /exec"] = (response) => {
      running = response;
      response.write(`${JSON.stringify(START)}\n`);
    };
    server.answers["DELETE /processes/prc1"] = (response) => {
      response.writeHead(204).end();
      running?.end(`${JSON.stringify(killed)}\n`);
    };
    const { code, shown } = await run(["--keep", "--timeout", "0.1", "make"]);
    expect(code).toBe(124);
    expect(shown.errors).toContain("took too long");
    expect(server.asked.at(-2)?.body).toContain('"background":true');
  });

  it("[C20] a process that is not known any more is an error, never a success", async () => {
    server.answers["POST /exec"] = frames(START);
    await expect(run(["make"])).rejects.toThrow("nothing there");
    server.answers["POST /exec"] = frames();
    await expect(run(["make"])).rejects.toThrow("lost before the command had begun");
  });

  it("[C19] a signal and a timeout have the codes that shells give them", async () => {
    server.answers["POST /exec"] = frames(START, exit(2, null, { signal: "SIGKILL" }));
    expect((await run(["make"])).code).toBe(137);
    server.answers["POST /exec"] = frames(
      START,
      exit(2, null, { signal: "SIGKILL", timedOut: true }),
    );
    const { code, shown } = await run(["make"]);
    expect(code).toBe(124);
    expect(shown.errors).toContain("took too long");
  });

  it("[C19] Ctrl+C ends the command there, and its end is waited for", async () => {
    let running: ServerResponse | undefined;
    server.answers["POST /exec"] = (response) => {
      running = response;
      response.write(
        `${JSON.stringify(START)}\n${JSON.stringify({ t: "out", seq: 2, b64: b64("on") })}\n`,
      );
    };
    server.answers["DELETE /processes/prc1"] = (response) => {
      response.writeHead(204).end();
      running?.end(`${JSON.stringify(exit(3, null, { signal: "SIGTERM" }))}\n`);
    };
    const terminal = fakeTerminal(server.url);
    const code = exec([GROUP, "sleep 100"], terminal.world);
    await until(() => terminal.shown.output === "on");
    terminal.interrupt();
    expect(await code).toBe(143);
  });
});

describe("doctor", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "acos-doctor-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const examine = async (said: string, ...args: string[]) => {
    const program = join(folder, "doctor.mjs");
    writeFileSync(
      program,
      `process.stdout.write(${JSON.stringify(said)}); console.error("no luck");`,
    );
    chmodSync(program, 0o600);
    const { world, shown } = fakeTerminal("");
    const environment = { ...process.env, ACOS_SANDBOX_DOCTOR: program };
    return { code: await doctor(args, { ...world, environment }), text: shown.output };
  };
  const limits = { memory: "cgroup-v1", cpu: "cgroup-v2", pids: "rlimit", disk: "none" };
  const capabilities = {
    driver: "bubblewrap",
    isolation: "namespace",
    limits,
    ownUid: true,
    seccomp: false,
    terminals: true,
    checkpoints: true,
    egress: true,
    notes: ["The disk is not held. Mount a file system with a quota."],
  };

  it("[C23] says what is in force, what is weaker, and what mends it", async () => {
    const found = JSON.stringify({ ok: true, capabilities, problems: [] });
    const { code, text } = await examine(found);
    expect(code).toBe(0);
    expect(text).toContain("Sandboxes run on this machine.");
    expect(text).toMatch(/^memory held +by the kernel \(cgroup v1\)$/m);
    expect(text).toMatch(/^disk held +not at all$/m);
    expect(text).toMatch(/^system calls filtered +no$/m);
    expect(text).toContain("- The disk is not held. Mount a file system with a quota.");
    expect(JSON.parse((await examine(found, "--json")).text)).toEqual(JSON.parse(found));
  });

  it("[C23] ends with 1 where sandboxes cannot run, with what is in the way and the command that mends it", async () => {
    const problems = [{ what: "bubblewrap is missing.", fix: "apt-get install bubblewrap" }];
    const { code, text } = await examine(
      JSON.stringify({ ok: false, capabilities: null, problems }),
    );
    expect(code).toBe(1);
    expect(text).toContain("- bubblewrap is missing.\n  apt-get install bubblewrap\n");
    await expect(examine("rubbish")).rejects.toThrow("could not be examined. no luck");
  });
});
