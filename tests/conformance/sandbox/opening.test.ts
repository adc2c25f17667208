// Opening, stopping and ending a sandbox: one start at a time, told truthfully, and nobody else's.
import { expect, it } from "vitest";

import { freshId } from "@acos/testkit";

import { describeTargets } from "./describe-targets.ts";
import { codeOf, commandCall, OPENING, SandboxClient } from "./sandbox-client.ts";
import { CONTAINER_LEFT_OUT } from "./target-container.ts";

if (CONTAINER_LEFT_OUT !== undefined) process.stderr.write(`${CONTAINER_LEFT_OUT}\n`);

describeTargets("opening", ({ sandbox, unopened, place, features }) => {
  it("[O1] starts it empty under an epoch, and finds it running from then on", async () => {
    const one = await unopened();
    expect(await one.state()).toBe("absent");
    const first = await one.open();
    expect(first).toMatchObject({ workspace: "new" });
    expect(await one.open()).toEqual({ epoch: first.epoch, workspace: "running", startMs: 0 });
    expect(await one.state()).toBe("running");
  });

  it("[O1] is one start also for those who open it at the same moment", async () => {
    const one = await unopened();
    const opened = await Promise.all([one.open(), one.open(), one.open()]);
    expect(new Set(opened.map(({ epoch }) => epoch)).size).toBe(1);
  });

  it("[O2] after a stop is another epoch, on the files that were there or on none, as it says", async () => {
    const one = await sandbox();
    const { epoch } = one;
    await one.write("kept.txt", "still here");
    await one.stop();
    expect(["kept", "absent"]).toContain(await one.state());
    const again = await one.open();
    expect(again.epoch).not.toBe(epoch);
    expect(again.workspace).toBe(features.keepsWorkspace ? "kept" : "new");
    const read = await one.read("kept.txt");
    expect(read.status).toBe(features.keepsWorkspace ? 200 : 404);
    await read.body?.cancel();
  });

  it("[O2] says why the last start ended", async () => {
    const one = await sandbox();
    await one.stop();
    expect(await (await one.ask("")).json()).toMatchObject({ ended: { reason: "asked" } });
    await one.stop();
  });

  it("[O3] refuses handles of another start, and of none", async () => {
    const one = await sandbox();
    const { epoch } = one;
    expect(await codeOf(one.agent("/ports", { epoch: "0123456789abcdef" }))).toBe(
      "sandbox_replaced",
    );
    expect(await codeOf(one.ask("/agent/ports"))).toBe("sandbox_replaced");
    await one.stop();
    expect(await codeOf(one.agent("/ports", { epoch }))).toBe("sandbox_replaced");
    await one.open();
    expect(await codeOf(one.agent("/ports", { epoch }))).toBe("sandbox_replaced");
    expect((await one.agent("/ports")).status).toBe(200);
  });

  it("[O4] once it is destroyed begins with nothing", async () => {
    const one = await sandbox();
    await one.write("gone.txt", "x");
    await one.destroy();
    expect(await one.state()).toBe("absent");
    expect(await one.open()).toMatchObject({ workspace: "new" });
    expect(await codeOf(one.read("gone.txt"))).toBe("not_found");
  });

  it("[O5] is the first group's; for another there is none, in the same words as for an unknown one", async () => {
    const one = await sandbox();
    const stranger = await place().authority.group();
    const theirs = new SandboxClient(place(), stranger, one.sandbox);
    const nobodys = new SandboxClient(place(), stranger, freshId("sandbox"));
    const requests = [
      ["/stop", { method: "POST" }],
      ["", { method: "DELETE" }],
      ["/egress", { method: "PUT", json: OPENING.egress }],
      ["/agent/procs", { epoch: one.epoch }],
      ["/agent/files", { epoch: one.epoch, search: "?path=." }],
    ] as const;
    for (const [path, ask] of requests) {
      const answer = await theirs.ask(path, ask);
      expect(answer.status, path).toBe(404);
      expect(await answer.json()).toEqual(await (await nobodys.ask(path, ask)).json());
    }
    expect(await codeOf(theirs.ask("", { method: "PUT", json: OPENING }))).toBe("not_found");
    expect(await theirs.state()).toBe("absent");
    const call = commandCall("echo theirs > theirs.txt");
    theirs.epoch = one.epoch;
    expect(await codeOf(theirs.call(call))).toBe("not_found");
    expect(await one.state()).toBe("running");
    expect(await codeOf(one.read("theirs.txt"))).toBe("not_found");
  });

  it("[O6] is refused over what the group's certificate allows at a time", async () => {
    if (!features.countsSandboxes) {
      const none = await unopened({ maxSandboxes: 0 });
      expect(await codeOf(none.ask("", { method: "PUT", json: OPENING }))).toBe("over_cap");
      return;
    }
    const one = await unopened({ maxSandboxes: 1 });
    await one.open();
    const other = new SandboxClient(place(), one.group);
    const refused = await codeOf(other.ask("", { method: "PUT", json: OPENING }));
    // Which of the two says whether it may be tried again when another one has stopped.
    expect(["over_cap", "quota_exceeded"]).toContain(refused);
    await one.open();
    await one.stop();
    await other.open();
    await other.destroy();
  });
});
