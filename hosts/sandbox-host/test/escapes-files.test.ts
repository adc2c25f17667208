// Links, races and odd files: whatever a workspace holds, no byte outside of the sandbox is read, written or run.
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";

import { afterAll, beforeAll, expect, it } from "vitest";

import {
  eventually,
  makeHostBench,
  makeSandbox,
  type Answer,
  type HostBench,
  type RunningHost,
  type TestSandbox,
} from "./host-bench.ts";
import { livingOf, recordOf } from "./traces.ts";

const CANARY = "CANARY-93ad17";
const RACES = 10_000;
const AT_ONCE = 8;
let bench: HostBench;
let host: RunningHost;
let box: TestSandbox;
let canary: string;

beforeAll(async () => {
  bench = await makeHostBench();
  canary = join(bench.folder, "canary");
  writeFileSync(canary, CANARY, { mode: 0o666 });
  host = await bench.start();
  box = makeSandbox(bench, host, await bench.makeGroup());
  await box.open();
});
afterAll(() => bench.end());

const read = (path: string): Promise<Answer> =>
  box.agent({ path: "/files", search: `?path=${encodeURIComponent(path)}` });
const write = (path: string, body: string): Promise<Answer> =>
  box.agent({ method: "PUT", path: "/files", search: `?path=${encodeURIComponent(path)}`, body });

it("[S20] a link to a host file leads to nothing through the file API", async () => {
  await box.run(`ln -s /etc/passwd f; ln -s ${canary} g; ln -s /etc/shadow h`);
  expect((await read("/workspace/f")).text).not.toBe(readFileSync("/etc/passwd", "utf8"));
  for (const name of ["g", "h"]) expect((await read(`/workspace/${name}`)).status).toBe(404);
});

it("[S20] a link to a host folder leads to nothing through the file API", async () => {
  await box.run(`ln -s ${bench.folder} d; ln -s /root r`);
  expect((await read("/workspace/d/canary")).status).toBe(404);
  expect((await box.run("ls -A d/ r/")).out).toBe("");
});

it("[S20] a write through a linked parent lands in the sandbox or nowhere", async () => {
  await box.run(`ln -sfn ${bench.folder} parent; ln -sfn ${canary} target`);
  await write("/workspace/parent/planted", "x");
  await write("/workspace/target", "overwritten");
  expect(existsSync(join(bench.folder, "planted"))).toBe(false);
  expect(readFileSync(canary, "utf8")).toBe(CANARY);
});

it("[S20] a link in an unpacked archive leads to nothing", async () => {
  await box.run(
    `mkdir -p a && cd a && ln -s ${bench.folder} s && tar cf ../x.tar s && rm s && mkdir s && echo x > s/planted && tar rf ../x.tar s/planted && cd .. && mkdir b && cd b && tar xf ../x.tar -P --keep-directory-symlink`,
  );
  expect(existsSync(join(bench.folder, "planted"))).toBe(false);
});

it("[S24] a file that says it runs as its owner runs as nobody else, inside and outside", async () => {
  const { out } = await box.run(
    "cp /usr/bin/id suid; chmod 6755 suid; ./suid -u; su -c id < /dev/null; mount | grep -c nosuid",
  );
  expect(out.split("\n")[0]).toBe("1000");
  expect(out).not.toContain("uid=0");
  const found = statSync(join(bench.folder, "sandboxes", box.sandbox, "workspace", "suid"));
  expect(found.uid).toBe(recordOf(bench, box.sandbox)?.uid);
  expect(found.uid).toBeGreaterThanOrEqual(200_000);
});

it("[S13] a sandbox whose agent hangs holds up nobody else, and can be stopped", async () => {
  const stuck = makeSandbox(bench, host, await bench.makeGroup());
  await stuck.open();
  await stuck.run("mkfifo pipe; mknod null c 1 3; true");
  // The stub reads it and hangs for ever; whoever asked is answered when the sandbox ends.
  const hanging = stuck.agent({ path: "/files", search: "?path=/workspace/pipe" });
  expect((await box.run("echo here")).out).toBe("here\n");
  expect((await stuck.ask({ method: "POST", path: "/stop" })).status).toBe(200);
  expect((await hanging).status).toBe(502);
  expect(livingOf(bench, stuck.sandbox)).toEqual([]);
});

it("[S20] what one group deleted, no other group finds", async () => {
  const one = makeSandbox(bench, host, await bench.makeGroup());
  await one.open();
  await one.run(
    `for i in $(seq 50); do echo ${CANARY} > $i; done; rm 1 2 3; echo ${CANARY} > /tmp/t`,
  );
  await one.ask({ method: "DELETE" });
  const two = makeSandbox(bench, host, await bench.makeGroup());
  await two.open();
  const { out } = await two.run(
    "ls -A /workspace /tmp /home/agent /var/tmp /dev/shm | grep -v ':$'; fallocate -l 16M f; grep -c CANARY f",
  );
  expect(out.trim()).toBe("0");
});

it("[S20] nothing of a workspace is ever run by the host", async () => {
  const planted = join(bench.folder, "ran");
  const two = makeSandbox(bench, host, await bench.makeGroup());
  await two.open();
  await two.run(
    `git init -q . 2>/dev/null; printf '[core]\\n\\tfsmonitor = "touch ${planted}"\\n\\thooksPath = /workspace/hooks\\n' >> .git/config; mkdir hooks; for h in pre-commit post-checkout; do printf '#!/bin/sh\\ntouch ${planted}' > hooks/$h; chmod +x hooks/$h; done; printf '#!/bin/sh\\ntouch ${planted}' > git; cp git find; cp git rm; chmod +x git find rm`,
  );
  await two.status();
  await two.ask({ method: "POST", path: "/stop" });
  await two.open();
  await two.ask({ method: "DELETE" });
  expect(existsSync(planted)).toBe(false);
});

it("[S9] destroying a workspace with links to the host deletes the links", async () => {
  const two = makeSandbox(bench, host, await bench.makeGroup());
  await two.open();
  await two.run(
    `ln -s ${bench.folder} d; mkdir -p deep/$(printf 'x/%.0s' $(seq 500)); ln -s / deep/root`,
  );
  await two.ask({ method: "DELETE" });
  await eventually(() => !existsSync(join(bench.folder, "sandboxes", two.sandbox)));
  expect(readFileSync(canary, "utf8")).toBe(CANARY);
});

it("[S15] a socket that is put in the agent's place is not talked to", async () => {
  const two = makeSandbox(bench, host, await bench.makeGroup());
  await two.open();
  let caught = 0;
  const trap = createServer(() => (caught += 1));
  const path = join(bench.folder, "host.sock");
  await new Promise<void>((done) => trap.listen(path, () => done()));
  const { err } = await two.run(`rm /run/acos/agent.sock && ln -s ${path} /run/acos/agent.sock`);
  expect(err).toBe("");
  // More at once than there are connections already.
  const said = await Promise.all(Array.from({ length: 8 }, () => two.run("echo here; sleep 0.2")));
  expect(said.map(({ out }) => out)).toEqual(said.map(() => "here\n"));
  expect(caught).toBe(0);
  trap.close();
  await two.ask({ method: "POST", path: "/stop" });
  expect((await two.open()).workspace).toBe("kept");
  await two.ask({ method: "DELETE" });
});

it("[S27] ten thousand races between a file and a link to the host read and write nothing of it", async () => {
  await box.run(
    `mkdir -p race; cat > flip.pl <<'END'
use strict; my $n = 0;
while (1) { unlink "race/l"; symlink "${canary}", "race/l"; rename "race/l", "race/f"; open my $h, ">", "race/n"; close $h; rename "race/n", "race/f"; unlink "race/p"; symlink "${bench.folder}", "race/p"; rename "race/p", "race/q"; last if -e "race/stop"; rmdir "race/q"; unlink "race/q"; mkdir "race/q"; }
END
setsid perl flip.pl > /dev/null 2>&1 &`,
  );
  let answers = 0;
  const seen = new Set<string>();
  const racer = async (index: number) => {
    for (let count = 0; count < RACES / AT_ONCE; count += 1) {
      const path = count % 2 === 0 ? "/workspace/race/f" : "/workspace/race/q/canary";
      const answer = index % 2 === 0 ? await read(path) : await write(path, "overwritten");
      if (answer.text.includes("CANARY")) seen.add(answer.text);
      answers += 1;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => racer(index)));
  await box.run("touch race/stop");
  expect(answers).toBe(RACES);
  expect([...seen]).toEqual([]);
  expect(readFileSync(canary, "utf8")).toBe(CANARY);
});
