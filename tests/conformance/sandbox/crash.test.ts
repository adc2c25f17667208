// A host that is killed takes its processes with it and leaves workspaces, which the next one goes on with.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect, it } from "vitest";

import { processTree, stillRunning } from "../../processes.ts";
import { hostIsThere, startHost } from "./host-process.ts";
import { codeOf, expectOk, SandboxClient } from "./sandbox-client.ts";

const TIMES = 3;

it("[O7] a kill -9 of the host leaves no process and every file, time after time", async () => {
  // The one place where an absent host is no failure stands in host-process.ts.
  if (!hostIsThere()) return;
  const folder = mkdtempSync(join(tmpdir(), "acos-conformance-"));
  try {
    let host = await startHost({ folder });
    const { authority } = host;
    const group = await authority.group();
    const first = new SandboxClient(host, group);
    expect(await first.open()).toMatchObject({ workspace: "new" });
    const epochs = [first.epoch];
    for (let time = 1; time <= TIMES; time += 1) {
      const one = new SandboxClient(host, group, first.sandbox);
      await one.open();
      await expectOk(await one.write(`written-${time}.txt`, `${time}`));
      await expectOk(await one.start("sleep 3600", { background: true }));
      const processes = processTree(host.pid);
      expect(processes.length).toBeGreaterThan(2);
      await host.kill9();
      await expect.poll(() => stillRunning(processes), { timeout: 10_000 }).toEqual([]);
      host = await startHost({ folder, authority });
      const again = new SandboxClient(host, group, first.sandbox);
      again.epoch = epochs.at(-1) ?? "";
      expect(await again.state()).toBe("kept");
      expect(await codeOf(again.agent("/procs"))).toBe("sandbox_replaced");
      expect(await again.open()).toMatchObject({ workspace: "kept" });
      expect(epochs).not.toContain(again.epoch);
      epochs.push(again.epoch);
      expect(await again.processes()).toEqual([]);
      for (let earlier = 1; earlier <= time; earlier += 1)
        expect(await again.textOf(`written-${earlier}.txt`)).toBe(`${earlier}`);
    }
    await host.stop();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
