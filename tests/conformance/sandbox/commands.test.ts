// Commands: how they end, what they say on which stream, and that a broken link is never taken for an end.
import { expect, it } from "vitest";

import { describeTargets } from "./describe-targets.ts";
import { allFrames, framesOf, textOf, told } from "./frames.ts";
import { codeOf, expectOk, type SandboxClient } from "./sandbox-client.ts";

const well = { code: 0, signal: null, timedOut: false };

describeTargets("commands", ({ sandbox, place }) => {
  it("[C1] end with their own code", async () => {
    const one = await sandbox();
    expect((await one.run("true")).exit).toEqual(well);
    expect((await one.run("false")).exit).toEqual({ ...well, code: 1 });
    expect((await one.run("exit 42")).exit).toEqual({ ...well, code: 42 });
    const unknown = await one.run("no-such-program-anywhere");
    expect(unknown.exit).toEqual({ ...well, code: 127 });
    expect(unknown.err).toContain("not found");
  });

  it("[C2] say what they say on the stream they say it on, numbered from 1 without a hole", async () => {
    const one = await sandbox();
    const { out, err, frames } = await one.run("echo to-out; echo to-err >&2; echo more");
    expect(out).toBe("to-out\nmore\n");
    expect(err).toBe("to-err\n");
    expect(frames.map(({ seq }) => seq)).toEqual(frames.map((_, at) => at + 1));
    expect(frames[0]).toMatchObject({ t: "start" });
  });

  it("[C2] read the input they are given, to its end", async () => {
    const one = await sandbox();
    expect((await one.run("cat", { input: "grüße\nzwei" })).out).toBe("grüße\nzwei");
  });

  it("[C3] end when their time is up, and say so", async () => {
    const one = await sandbox();
    const { exit } = await one.run("sleep 30", { timeoutMs: 300 });
    expect(exit).toMatchObject({ timedOut: true });
    expect(exit.code).not.toBe(0);
  });

  it("[C3] end when they are asked to", async () => {
    const one = await sandbox();
    await expectOk(await one.start("sleep 30", { background: true, process: "sleeper" }));
    await expectOk(await one.agent("/procs/sleeper", { method: "DELETE" }));
    const { exit } = await told(await one.agent("/procs/sleeper/output"));
    expect(exit).toMatchObject({ code: null, timedOut: false });
    expect(exit.signal).toMatch(/^SIG/);
  });

  it("[C4] whose reader goes away end, unless they were to go on", async () => {
    const one = await sandbox();
    const leaving = new AbortController();
    const left = await one.start("sleep 30", { process: "left" }, leaving.signal);
    const kept = await one.start("sleep 30", { process: "kept", background: true });
    await left.body?.getReader().cancel();
    leaving.abort();
    await kept.body?.getReader().cancel();
    await expect.poll(() => stateOf(one, "left")).toBe("ended");
    expect(await stateOf(one, "kept")).toBe("running");
    await one.agent("/procs/kept", { method: "DELETE" });
  });

  it("[C5] are read again from any frame on, and alike each time", async () => {
    const one = await sandbox();
    const { frames } = await one.run("echo 1; echo 2 >&2; echo 3; exit 5", { process: "again" });
    for (let from = 0; from <= frames.length; from += 1) {
      const rest = await allFrames(
        await one.agent("/procs/again/output", { search: `?from=${from}` }),
      );
      expect(rest, `from ${from}`).toEqual(frames.slice(from));
    }
  });

  it("[C5] are followed while they run", async () => {
    const one = await sandbox();
    const ask = { process: "live", background: true };
    const stream = framesOf(await one.start("echo early; sleep 1; echo late", ask));
    const seen = [(await stream.next()).value, (await stream.next()).value];
    await stream.return(undefined);
    const from = seen.at(-1)?.seq ?? 0;
    const rest = await told(await one.agent("/procs/live/output", { search: `?from=${from}` }));
    expect(rest.out).toBe("late\n");
    expect(rest.frames[0]?.seq).toBe(from + 1);
  });

  it("[C5] that nobody began have no output", async () => {
    const one = await sandbox();
    expect(await codeOf(one.agent("/procs/never/output"))).toBe("not_found");
  });

  it("[C6] begun twice under one id run once", async () => {
    const one = await sandbox();
    const ask = { process: "once" };
    await one.run("echo ran >> ran.txt", ask);
    expect((await one.run("echo ran >> ran.txt", ask)).exit).toEqual(well);
    expect(await one.textOf("ran.txt")).toBe("ran\n");
  });

  it("[C7] whose sandbox is stopped end without a success", async () => {
    const one = await sandbox();
    const stream = await one.start("sleep 30");
    const ending = told(stream).then(
      ({ exit }) => exit,
      () => "broke off" as const,
    );
    await one.stop();
    expect(await ending).not.toMatchObject({ code: 0 });
  });

  it("[C7] whose link breaks off are no success, and their end is still to be had", async () => {
    const one = await sandbox();
    const { breakLinks } = place();
    const leaving = new AbortController();
    const ask = { background: true, process: "followed" };
    const stream = await one.start("echo begun; sleep 1; echo done", ask, leaving.signal);
    const broken = told(stream);
    if (breakLinks) breakLinks();
    else leaving.abort();
    await expect(broken).rejects.toThrow();
    const whole = await told(await one.agent("/procs/followed/output"));
    expect(whole).toMatchObject({ out: "begun\ndone\n", exit: well });
  });

  it("[C8] are listed with their state", async () => {
    const one = await sandbox();
    await one.run("echo hi", { process: "listed" });
    expect(await one.processes()).toEqual([
      expect.objectContaining({ process: "listed", state: "ended", exit: well, head: 3 }),
    ]);
  });
});

describeTargets(
  "commands of a shell",
  ({ sandbox }) => {
    it("[C9] run where and with what they are told", async () => {
      const one = await sandbox();
      await one.run("mkdir -p below");
      const { out } = await one.run('basename "$PWD"; echo "$GREETING"', {
        cwd: "below",
        env: { GREETING: "good day" },
      });
      expect(out).toBe("below\ngood day\n");
    });

    it("[C9] see nothing of the host's environment and its files", async () => {
      const one = await sandbox();
      const { out } = await one.run("env; ls -a / /root /home 2>&1; cat /etc/shadow 2>&1");
      expect(out).not.toMatch(/ACOS_(?!PROCESS)|root:[*!$]/);
    });

    it("[C10] drop what is too much from the middle, and say how much", async () => {
      const one = await sandbox();
      const { frames, out, exit } = await one.run("seq 1 100000", { maxOutputBytes: 65_536 });
      const dropped = frames.reduce((sum, frame) => sum + (frame.t === "gap" ? frame.bytes : 0), 0);
      expect(exit).toEqual(well);
      expect(out.length).toBeLessThanOrEqual(65_536);
      expect(dropped + out.length).toBe(588_895);
      expect(out.startsWith("1\n2\n")).toBe(true);
      expect(out.endsWith("100000\n")).toBe(true);
    });

    it("[C11] end with everything they started", async () => {
      const one = await sandbox();
      const command = "sleep 300 & setsid sleep 301 & echo begun; wait";
      await one.start(command, { background: true, process: "parent" });
      const left = async () =>
        (await one.run("ps -e -o args= | grep -c '^sleep 30[01]$'")).out.trim();
      await expect.poll(left).toBe("2");
      await expectOk(await one.agent("/procs/parent", { method: "DELETE" }));
      await expect.poll(left).toBe("0");
    });

    it("[C12] are given input while they run", async () => {
      const one = await sandbox();
      await one.start("read line; echo got $line", { background: true, process: "asking" });
      const b64 = Buffer.from("hello\n").toString("base64");
      await expectOk(await one.agent("/procs/asking/input", { method: "POST", json: { b64 } }));
      const frames = await allFrames(await one.agent("/procs/asking/output"));
      expect(textOf(frames, "out")).toBe("got hello\n");
    });
  },
  { programs: true },
);

async function stateOf(one: SandboxClient, process: string): Promise<string | undefined> {
  return (await one.processes()).find((each) => each.process === process)?.state;
}
