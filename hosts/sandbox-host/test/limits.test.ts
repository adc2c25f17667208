// What a sandbox may use: held by the kernel, or ended with words. Nobody else notices.
import { readFileSync } from "node:fs";
import { request } from "node:http";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import {
  eventually,
  makeHostBench,
  makeSandbox,
  type Group,
  type HostBench,
  type RunningHost,
  type TestSandbox,
} from "./host-bench.ts";
import { livingOf } from "./traces.ts";

const GONE_MS = 10_000;
let bench: HostBench;
let host: RunningHost;
let group: Group;
let neighbour: TestSandbox;

beforeAll(async () => {
  bench = await makeHostBench();
  host = await bench.start();
  group = await bench.makeGroup();
  neighbour = makeSandbox(bench, host, await bench.makeGroup());
  await neighbour.open();
});
afterAll(() => bench.end());

async function opened(limits = {}): Promise<TestSandbox> {
  const box = makeSandbox(bench, host, group);
  await box.open(limits);
  return box;
}

async function requireGone(box: TestSandbox): Promise<void> {
  livingOf(bench, box.sandbox);
  const begin = performance.now();
  expect((await box.ask({ method: "DELETE" })).status).toBe(204);
  expect(livingOf(bench, box.sandbox)).toEqual([]);
  expect(performance.now() - begin).toBeLessThan(GONE_MS);
}

async function neighbourMs(): Promise<number> {
  const times: number[] = [];
  for (let count = 0; count < 10; count += 1) {
    const begin = performance.now();
    expect((await neighbour.run("exec true")).code).toBe(0);
    times.push(performance.now() - begin);
  }
  return times.sort((one, other) => one - other)[5] ?? 0;
}

describe("processes", () => {
  it("[S17] a fork bomb stays in its sandbox", async () => {
    const box = await opened();
    await box.run("setsid bash -c 'bomb() { bomb | bomb & }; bomb; sleep 100' > /dev/null 2>&1 &");
    await eventually(async () => ((await box.status()).usage?.pids ?? 0) > 100);
    expect((await box.status()).usage?.pids).toBeLessThanOrEqual(128);
    expect(await neighbourMs()).toBeLessThan(2_000);
    await requireGone(box);
  });

  it("[S17] a hundred thousand threads are not had", async () => {
    const box = await opened();
    await box.run(
      `setsid node -e 'const { Worker } = require("worker_threads"); for (let i = 0; i < 1e5; i++) new Worker("setInterval(() => {}, 1e3)", { eval: true }).on("error", () => {})' > /dev/null 2>&1 &`,
    );
    await eventually(async () => ((await box.status()).usage?.pids ?? 0) > 60);
    expect((await box.status()).usage?.pids).toBeLessThanOrEqual(128);
    await requireGone(box);
  });

  it("[S17] what waits for ever ends with its reader, or with the stop", async () => {
    const box = await opened();
    const before = livingOf(bench, box.sandbox).length;
    const signed = await bench.headersFor(group, box.sandbox, {
      method: "POST",
      path: "/agent/procs",
      body: '{"command":"sleep 100000"}',
      headers: { "acos-epoch": box.epoch() },
    });
    const path = signed.url.pathname;
    const asked = request({
      host: "127.0.0.1",
      port: host.port,
      path,
      method: "POST",
      headers: signed.headers,
    });
    asked.on("error", () => undefined).end(signed.bytes);
    await eventually(() => livingOf(bench, box.sandbox).length > before);
    expect((await box.status()).idleMs).toBe(0);
    asked.destroy();
    await eventually(() => livingOf(bench, box.sandbox).length === before);
    await requireGone(box);
  });
});

describe("memory and files", () => {
  it("[S17] memory beyond the limit is not had", async () => {
    const box = await opened();
    const { code, out } = await box
      .run(`perl -e '$| = 1; for (1..64) { push @a, "x" x (1 << 30); print "GOT $_\\n" }'`)
      .catch(() => ({ code: null, out: "" }));
    expect([code === 0, out]).toEqual([false, ""]);
    expect(await neighbourMs()).toBeLessThan(2_000);
    await requireGone(box);
  });

  it("[S17] files in /tmp and /dev/shm count as memory, and are less than it", async () => {
    const box = await opened();
    const { out } = await box.run(
      "for d in /tmp /dev/shm /home/agent; do head -c 2G /dev/zero > $d/big 2>/dev/null; stat -c %s $d/big; rm $d/big; done",
    );
    const sizes = out.trim().split("\n").map(Number);
    expect(sizes.length).toBe(3);
    for (const size of sizes) expect(size).toBeLessThanOrEqual(256 * 1024 * 1024);
    await requireGone(box);
  });

  it("[S17] a million open files are not had", async () => {
    const box = await opened();
    const { out } = await box.run(
      `perl -e 'while (open my $h, "<", "/dev/null") { push @a, $h; last if @a >= 1e6 } print scalar @a'`,
    );
    expect(Number(out)).toBeLessThanOrEqual(65_536);
    expect(Number(out)).toBeGreaterThan(1_000);
    await requireGone(box);
  });

  it("[S17] a file larger than the disk is refused by the kernel, also with nothing in it", async () => {
    const box = await opened();
    const { code, out } = await box.run("truncate -s 1T sparse; r=$?; stat -c %s sparse; exit $r");
    expect(code).not.toBe(0);
    expect(out.trim()).toBe("0");
    await requireGone(box);
  });

  it.each([
    [
      "bytes",
      "for i in 1 2 3; do head -c 40M /dev/zero > $i; done; sleep 100",
      /larger than 64 MiB/,
    ],
    [
      "bytes beside the agent's socket",
      "for i in 1 2 3 4; do head -c 30M /dev/zero > /run/acos/$i; done; sleep 100",
      /larger than 64 MiB/,
    ],
    [
      "files",
      "for i in $(seq 40); do mkdir d$i; (cd d$i; seq 1000 | xargs touch); done; sleep 100",
      /files, too many for 64 MiB/,
    ],
  ])(
    "[S18] files that are too large or too many together end the sandbox with words (%s)",
    async (_what, command, words) => {
      const box = await opened();
      const { ended } = await box.run(command).catch(() => ({ ended: false }));
      expect(ended).toBe(false);
      await eventually(async () => (await box.status()).state === "kept");
      const { ended: why } = await box.status();
      expect(why?.reason).toBe("limit");
      expect(why?.words).toMatch(words);
      expect(livingOf(bench, box.sandbox)).toEqual([]);
      await requireGone(box);
    },
  );
});

describe("the share of the machine", () => {
  it("[S17] no process raises its own share: nice, io, locked memory, limits", async () => {
    const box = await opened();
    const { out } = await box.run(
      `nice -n -5 true 2>&1 | grep -q -i denied || echo OUT nice; renice -n -10 $$ > /dev/null 2>&1 && echo OUT renice
       ionice -c 1 true > /dev/null 2>&1 && echo OUT ionice; chrt -f 1 true > /dev/null 2>&1 && echo OUT chrt
       ulimit -l; cat /proc/self/limits | grep -E 'core|locked'`,
    );
    expect(out.split("\n").filter((line) => line.startsWith("OUT"))).toEqual([]);
    expect(out.split("\n")[0]).toBe("0");
    await requireGone(box);
  });

  it("[S17] cores beyond the limit are not had", async () => {
    const box = await opened({ cpu: 0.2 });
    await box.run(
      "for i in 1 2 3 4; do setsid bash -c 'while :; do :; done' > /dev/null 2>&1 & done",
    );
    const first = (await box.status()).usage?.cpuMs ?? 0;
    const begin = performance.now();
    await eventually(async () => ((await box.status()).usage?.cpuMs ?? 0) - first > 400);
    const share = ((await box.status()).usage?.cpuMs ?? 0) - first;
    expect(share / (performance.now() - begin)).toBeLessThan(0.35);
    await requireGone(box);
  });

  it("[S17] endless output costs the host no memory, and ends with its reader", async () => {
    const box = await opened();
    const before = livingOf(bench, box.sandbox).length;
    const rss = () =>
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${host.child.pid}/status`, "utf8"))?.[1]);
    const signed = await bench.headersFor(group, box.sandbox, {
      method: "POST",
      path: "/agent/procs",
      body: '{"command":"head -c 10G /dev/zero"}',
      headers: { "acos-epoch": box.epoch() },
    });
    let bytes = 0;
    const begin = rss();
    const path = signed.url.pathname;
    const asked = request(
      { host: "127.0.0.1", port: host.port, path, method: "POST", headers: signed.headers },
      (answer) => answer.on("data", (part: Buffer) => (bytes += part.length)),
    );
    asked.on("error", () => undefined).end(signed.bytes);
    await eventually(() => bytes > 50 * 1024 * 1024);
    expect(rss() - begin).toBeLessThan(200 * 1024);
    expect(await neighbourMs()).toBeLessThan(2_000);
    asked.destroy();
    await eventually(() => livingOf(bench, box.sandbox).length === before);
    await requireGone(box);
  });
});

describe("a host without root", () => {
  const ORDINARY_UID = 54_321;

  it("[S29] has neither users nor control groups to give: it says so, looks, and ends what is over", async () => {
    const own = await makeHostBench();
    try {
      const ordinary = await own.start({}, {}, ORDINARY_UID);
      expect(ordinary.capabilities).toMatchObject({
        ownUid: false,
        seccomp: true,
        limits: { memory: "polling", cpu: "none", pids: "polling", disk: "polling" },
      });
      expect(ordinary.capabilities.notes.join()).toContain("your own user id");
      const box = makeSandbox(own, ordinary, await own.makeGroup());
      await box.open();
      const hungry = `perl -e '$a = "x" x (600 << 20); sleep 100'`;
      await box.run(hungry).catch(() => undefined);
      await eventually(async () => (await box.status()).ended?.reason === "limit");
      await box.open();
      const { out } = await box.run("cat /etc/shadow; ls /root; touch f && ls");
      expect(out).toBe("f\n");
      await box
        .run("head -c 40M /dev/zero > a; head -c 40M /dev/zero > b; sleep 100")
        .catch(() => 0);
      await eventually(async () => (await box.status()).ended?.reason === "limit");
      expect((await box.ask({ method: "DELETE" })).status).toBe(204);
    } finally {
      await own.end();
    }
  });
});
