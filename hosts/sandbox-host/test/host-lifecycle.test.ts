// Starting, stopping and destroying sandboxes, and what is left when something dies.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import {
  code,
  eventually,
  makeHostBench,
  makeSandbox,
  type Group,
  type HostBench,
  type RunningHost,
} from "./host-bench.ts";
import { cgroupsOf, livingOf, mountsOf, recordOf } from "./traces.ts";

let bench: HostBench;
let host: RunningHost;
let group: Group;

beforeEach(async () => {
  bench = await makeHostBench();
  group = await bench.makeGroup();
});
afterEach(() => bench.end());

const sandboxOn = (on: RunningHost) => makeSandbox(bench, on, group);

describe("opening", () => {
  it("[S6] a sandbox is new once, then running, then kept, each start with an epoch of its own", async () => {
    host = await bench.start();
    const box = sandboxOn(host);
    const first = await box.open();
    expect(first.workspace).toBe("new");
    const again = await box.open();
    expect(again).toEqual({ epoch: first.epoch, workspace: "running", startMs: 0 });
    await box.run("echo kept > file");
    await box.ask({ method: "POST", path: "/stop" });
    const second = await box.open();
    expect(second.workspace).toBe("kept");
    expect(second.epoch).not.toBe(first.epoch);
    expect((await box.run("cat file")).out).toBe("kept\n");
  });

  it("[S6] many who open it at once start it once", async () => {
    host = await bench.start();
    const box = sandboxOn(host);
    const opened = await Promise.all(Array.from({ length: 8 }, () => box.open()));
    expect(new Set(opened.map(({ epoch }) => epoch)).size).toBe(1);
    expect(livingOf(bench, box.sandbox)).not.toEqual([]);
  });

  it("[S7] more than the certificate allows are refused, and told when to try again", async () => {
    host = await bench.start();
    const [one, two] = [sandboxOn(host), sandboxOn(host)];
    await one.open({}, { maxSandboxes: 1 });
    await expect(two.open({}, { maxSandboxes: 1 })).rejects.toThrow(/429.*quota_exceeded/);
    await expect(two.open({}, { maxSandboxes: 1 })).rejects.toThrow(/"retryAfterMs":\d+/);
    await one.open({}, { maxSandboxes: 1 });
    await one.ask({ method: "POST", path: "/stop" });
    expect((await two.open({}, { maxSandboxes: 1 })).workspace).toBe("new");
  });

  it("[S7] the host runs no more than it may, whoever asks, also when all ask at once", async () => {
    host = await bench.start({ maxRunning: 2 });
    const boxes = await Promise.all(
      Array.from({ length: 4 }, async () => makeSandbox(bench, host, await bench.makeGroup())),
    );
    const asked = await Promise.allSettled(boxes.map((box) => box.open()));
    const refused = asked.filter(({ status }) => status === "rejected");
    expect(refused.length).toBe(2);
    expect(String((refused[0] as PromiseRejectedResult).reason)).toContain("quota_exceeded");
  });

  it("[S30] a group that has used its day up is stopped with words and not opened again; others go on", async () => {
    host = await bench.start({ dayShares: { cpuSeconds: 1 } });
    const box = sandboxOn(host);
    const other = makeSandbox(bench, host, await bench.makeGroup());
    await Promise.all([box.open(), other.open()]);
    await box.run("echo kept > file; (while :; do :; done) > /dev/null 2>&1 &");
    await eventually(async () => (await box.status()).state === "kept");
    expect((await box.status()).ended).toMatchObject({
      reason: "limit",
      words: expect.stringContaining("CPU time"),
    });
    await expect(box.open()).rejects.toThrow(/quota_exceeded.*"retryAfterMs":\d+/);
    expect((await other.run("echo here")).code).toBe(0);
    expect(existsSync(join(bench.folder, "sandboxes", box.sandbox, "workspace", "file"))).toBe(
      true,
    );
    host.child.kill("SIGTERM");
    await host.exit;
    host = await bench.start({ dayShares: { cpuSeconds: 1 } });
    await expect(sandboxOn(host).open()).rejects.toThrow("quota_exceeded");
  });

  it("[S6] a start that fails says so and leaves nothing of itself", async () => {
    const broken = join(bench.folder, "broken", "agent.js");
    mkdirSync(dirname(broken));
    writeFileSync(broken, "throw new Error('no agent');");
    host = await bench.start({ agent: broken });
    const box = sandboxOn(host);
    await expect(box.open()).rejects.toThrow(/502.*sandbox_failed.*no agent/);
    expect((await box.ask({})).status).toBe(404);
    expect(existsSync(join(bench.folder, "sandboxes", box.sandbox))).toBe(false);
  });
});

describe("ending", () => {
  it("[S8] a stop ends every process and takes the control groups away; the files stay", async () => {
    host = await bench.start();
    const box = sandboxOn(host);
    await box.open();
    await box.run(
      "(setsid sleep 1000 & setsid nohup sleep 1000 &) > /dev/null 2>&1; echo x > file",
    );
    expect(livingOf(bench, box.sandbox).length).toBeGreaterThan(3);
    const cgroups = cgroupsOf(bench, box.sandbox);
    const answer = await box.ask({ method: "POST", path: "/stop" });
    expect(answer.json()).toMatchObject({ state: "kept", ended: { reason: "asked" } });
    expect(livingOf(bench, box.sandbox)).toEqual([]);
    expect(cgroups.filter((path) => existsSync(path))).toEqual([]);
    expect((await box.ask({ method: "POST", path: "/stop" })).status).toBe(200);
  });

  it("[S9] a sandbox with very many files is destroyed at once", async () => {
    host = await bench.start();
    const box = sandboxOn(host);
    await box.open({ diskMiB: 4_096 });
    await box.run("for d in $(seq 20); do mkdir $d; (cd $d; seq 500 | xargs touch); done");
    const begin = performance.now();
    expect((await box.ask({ method: "DELETE" })).status).toBe(204);
    expect(performance.now() - begin).toBeLessThan(2_000);
    expect((await box.ask({})).status).toBe(404);
    const trash = join(bench.folder, "sandboxes", "trash");
    await eventually(() => readdirSync(trash).length === 0);
  });

  it("[S9] a user id is not given to another sandbox while files of it are there", async () => {
    host = await bench.start();
    const [one, two] = [sandboxOn(host), sandboxOn(host)];
    await one.open();
    const former = recordOf(bench, one.sandbox)?.uid;
    await one.ask({ method: "DELETE" });
    await two.open();
    expect(recordOf(bench, two.sandbox)?.uid).not.toBe(former);
  });

  it("[S12] when the agent dies the start is over, with words, and the next one keeps the files", async () => {
    host = await bench.start();
    const box = sandboxOn(host);
    await box.open();
    await box.run("echo x > file");
    const waiting = box.agent({ path: "/silent" });
    await eventually(async () => (await box.run("ls /tmp")).out.includes("asked"));
    await box.run("kill -9 $PPID").catch(() => undefined);
    const answer = await waiting;
    expect([answer.status, code(answer)]).toEqual([502, "sandbox_failed"]);
    await eventually(async () => (await box.status()).state === "kept");
    expect((await box.status()).ended).toMatchObject({ reason: "lost" });
    expect((await box.agent({ path: "/procs" })).status).toBe(409);
    expect((await box.open()).workspace).toBe("kept");
    expect((await box.run("cat file")).out).toBe("x\n");
  });
});

describe("the host's own end", () => {
  it("[S11] killed, it leaves no process, group or mount, and the next one finds the files", async () => {
    host = await bench.start({ pool: 1 });
    const box = sandboxOn(host);
    await box.open();
    await box.run("setsid sleep 1000 > /dev/null 2>&1 & echo x > file");
    const cgroups = cgroupsOf(bench, box.sandbox);
    expect(cgroups.filter((path) => existsSync(path))).not.toEqual([]);
    host.child.kill("SIGKILL");
    await host.exit;
    await eventually(() => livingOf(bench, box.sandbox).length === 0);
    await eventually(() => cgroups.every((path) => !existsSync(path)));
    expect(mountsOf()).toEqual([]);
    const next = await bench.start();
    const after = { ...box, ask: box.ask };
    expect(after.sandbox).toBe(box.sandbox);
    const opened = await bench.ask(next, group, box.sandbox, {
      method: "PUT",
      body: JSON.stringify({
        limits: { memoryMiB: 512, cpu: 2, pids: 128, diskMiB: 64 },
        egress: {},
      }),
    });
    expect(opened.json()).toMatchObject({ workspace: "kept" });
    const names = readdirSync(join(bench.folder, "sandboxes"));
    expect(names.filter((name) => name.startsWith("warm_"))).toEqual([]);
  });

  it.each(["input", "SIGTERM"])(
    "[S26] it ends with all sandboxes on the end of %s",
    async (how) => {
      host = await bench.start({ pool: 1 });
      const box = sandboxOn(host);
      await box.open();
      await box.run("setsid sleep 1000 > /dev/null 2>&1 &");
      const cgroups = cgroupsOf(bench, box.sandbox);
      if (how === "input") host.child.stdin?.end();
      else host.child.kill("SIGTERM");
      expect(await host.exit).toBe(0);
      expect(livingOf(bench, box.sandbox)).toEqual([]);
      await eventually(() => cgroups.every((path) => !existsSync(path)));
    },
  );
});

describe("warm sandboxes", () => {
  const warm = () =>
    readdirSync(join(bench.folder, "sandboxes")).filter((name) => name.startsWith("warm_"));
  const DEFAULTS = { memoryMiB: 2_048, cpu: 2, pids: 1_024, diskMiB: 4_096 };

  it("[S10] each is given once, has an empty workspace and a user of its own, and is replaced", async () => {
    host = await bench.start({ pool: 2 });
    await eventually(() => warm().length === 2);
    const boxes = [sandboxOn(host), sandboxOn(host), sandboxOn(host), sandboxOn(host)];
    const opened = await Promise.all(boxes.map((box) => box.open(DEFAULTS)));
    expect(new Set(opened.map(({ epoch }) => epoch)).size).toBe(4);
    expect(opened.map(({ workspace }) => workspace)).toEqual(["new", "new", "new", "new"]);
    const uids = boxes.map(({ sandbox }) => recordOf(bench, sandbox)?.uid);
    expect(new Set(uids).size).toBe(4);
    for (const [index, box] of boxes.entries()) await box.run(`echo ${index} > mine`);
    for (const [index, box] of boxes.entries())
      expect((await box.run("ls; cat mine")).out).toBe(`mine\n${index}\n`);
    await eventually(() => warm().length === 2);
  });

  it("[S10] one with other limits is started anew; a kept one never gets a warm start", async () => {
    host = await bench.start({ pool: 1 });
    await eventually(() => warm().length === 1);
    const [ready] = warm();
    const box = sandboxOn(host);
    await box.open();
    await box.ask({ method: "POST", path: "/stop" });
    expect((await box.open(DEFAULTS)).workspace).toBe("kept");
    expect(warm()).toEqual([ready]);
  });

  it("[S10] a warm one gives way where the host may run no more", async () => {
    host = await bench.start({ pool: 2, maxRunning: 2 });
    await eventually(() => warm().length === 2);
    const [one, two] = [sandboxOn(host), sandboxOn(host)];
    await one.open();
    await two.open();
    await eventually(() => warm().length === 0);
  });
});

describe("the machine", () => {
  it("[S19] a machine without bubblewrap is refused with exit code 3 and the command that mends it", async () => {
    const folder = join(bench.folder, "path");
    spawnSync("mkdir", ["-p", folder]);
    const hidden = join(import.meta.dirname, "..", "src", "main.ts");
    const { status, stderr, stdout } = spawnSync(
      "unshare",
      [
        "--mount",
        "sh",
        "-c",
        'mount --bind /dev/null "$(command -v bwrap)"; exec "$@"',
        "sh",
      ].concat([process.execPath, "--no-warnings", hidden]),
      {
        encoding: "utf8",
        input: "",
        env: {
          ...process.env,
          ACOS_SANDBOX_HOST: JSON.stringify({
            port: 0,
            secret: "s",
            folder: join(bench.folder, "boxes"),
            jwks: bench.jwksUrl,
            agent: join(bench.folder, "agent/agent.js"),
            reveal: null,
            allow: "",
            pool: 0,
            maxRunning: 1,
          }),
        },
      },
    );
    expect([status, stdout]).toEqual([3, ""]);
    expect(stderr).toMatch(/No sandbox starts/);
  });

  it("[S19] the doctor says what is in force, and exits with 0 where sandboxes hold", () => {
    const doctor = join(import.meta.dirname, "../src/doctor.ts");
    const { status, stdout } = spawnSync(process.execPath, ["--no-warnings", doctor, "--json"], {
      encoding: "utf8",
    });
    const { ok, capabilities, problems } = JSON.parse(stdout) as Record<string, unknown>;
    expect({ status, ok, problems }).toEqual({ status: 0, ok: true, problems: [] });
    expect(capabilities).toMatchObject({ driver: "bubblewrap", ownUid: true, seccomp: true });
  });

  it("[S24] a sandbox's files belong to a user that is its alone, out of the range of people", async () => {
    host = await bench.start();
    const box = sandboxOn(host);
    await box.open();
    const record = recordOf(bench, box.sandbox);
    expect(record?.uid).toBeGreaterThanOrEqual(200_000);
    const status = readFileSync(`/proc/${livingOf(bench, box.sandbox)[0]}/status`, "utf8");
    expect(status).toContain(`\t${record?.uid}\t${record?.uid}\t${record?.uid}\t${record?.uid}\n`);
  });
});
