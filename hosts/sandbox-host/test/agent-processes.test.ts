// Commands in a sandbox: their streams, their end with all they started, and memory that stays bounded.
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { FrameLog, type Cursor } from "../src/agent/frame-log.ts";
import type { Frame } from "../src/agent/frame.ts";
import { tidyStreams } from "../src/agent/kept-logs.ts";
import { Agent, endAgents, framesIn, outputIn, pidIn, runs } from "./agent-client.ts";

const MEGABYTE = 1024 * 1024;

let agent: Agent;
beforeAll(async () => {
  agent = await Agent.start();
});
afterAll(endAgents);

const inWorkspace = (name: string) => join(agent.workspace, name);

async function untilPid(name: string): Promise<number> {
  await expect.poll(() => pidIn(inWorkspace(name))).toBeGreaterThan(0);
  return pidIn(inWorkspace(name)) ?? 0;
}

describe("the stream of a command", () => {
  it("[A3] tells start, both outputs and exit, numbered from 1 without a hole", async () => {
    const frames = await agent.frames("POST /procs", { command: "echo a; echo b >&2; exit 3" });
    expect(frames.map(({ seq }) => seq)).toEqual(frames.map((_, index) => index + 1));
    expect(frames[0]).toMatchObject({ t: "start", process: expect.any(String) });
    expect(outputIn(frames)).toBe("a\n");
    expect(outputIn(frames, "err")).toBe("b\n");
    expect(frames.at(-1)).toMatchObject({ t: "exit", code: 3, signal: null, timedOut: false });
  });

  it("[A3] goes on after every seq with exactly the frames that follow", async () => {
    const command = "for i in $(seq 12); do echo line $i; echo error $i >&2; sleep 0.02; done";
    const whole = await agent.frames("POST /procs", { command, process: "every" });
    expect(whole.length).toBeGreaterThan(12);
    for (let from = 0; from <= whole.length; from += 1) {
      const rest = await agent.frames(`GET /procs/every/output?from=${from}`);
      expect(rest).toEqual(whole.slice(from));
    }
  });

  it("[A3] follows a process that still runs, and says 404 for one that is not known", async () => {
    await agent.ask("POST /procs", {
      body: { command: "sleep 0.3; echo late", background: true, process: "late" },
    });
    expect(outputIn(await agent.frames("GET /procs/late/output?from=1"))).toBe("late\n");
    expect(await agent.json("GET /procs/nobody/output")).toMatchObject({
      status: 404,
      body: { code: "not_found" },
    });
  });

  it("[A4] tells a signal, and a folder that is not there", async () => {
    const frames = await agent.frames("POST /procs", { command: "kill -9 $$" });
    expect(frames.at(-1)).toMatchObject({ t: "exit", code: null, signal: "SIGKILL" });
    const refused = await agent.json("POST /procs", { body: { command: "true", cwd: "nowhere" } });
    expect(refused).toMatchObject({ status: 400, body: { code: "invalid_request" } });
  });

  it("[A9] attaches to a process whose id is there already, and never runs it twice", async () => {
    const body = { command: "echo once >> count; sleep 0.2", process: "once" };
    const streams = await Promise.all([1, 2, 3].map(() => agent.frames("POST /procs", body)));
    expect(streams[1]).toEqual(streams[0]);
    expect(streams[2]).toEqual(streams[0]);
    const { body: count } = await agent.ask("GET /files?path=count");
    expect(count.toString()).toBe("once\n");
  });

  it("[A11] ends when the command has ended, though what it left running holds its output", async () => {
    const frames = await agent.frames("POST /procs", {
      command: "sleep 30 & echo $! > left.pid; echo done",
      process: "leaves",
    });
    expect(frames.at(-1)).toMatchObject({ t: "exit", code: 0 });
    expect(outputIn(frames)).toBe("done\n");
    const pid = await untilPid("left.pid");
    expect(runs(pid)).toBe(true);
    expect((await agent.ask("DELETE /procs/leaves")).status).toBe(204);
    expect(runs(pid)).toBe(false);
  });
});

describe("input and pipes", () => {
  it("[A10] gives a command its input and then the end of it", async () => {
    const frames = await agent.frames("POST /procs", { command: "cat; echo end", input: "in\n" });
    expect(outputIn(frames)).toBe("in\nend\n");
    const none = await agent.frames("POST /procs", { command: "cat; echo end" });
    expect(outputIn(none)).toBe("end\n");
  });

  it("[A10] lets programs open their streams by name", async () => {
    const frames = await agent.frames("POST /procs", {
      command: "cat /dev/stdin > /dev/stderr; echo out > /dev/stdout",
      input: "by name",
    });
    expect(outputIn(frames, "err")).toBe("by name");
    expect(outputIn(frames)).toBe("out\n");
  });

  it("[A10] hands later input to a background process until it is closed", async () => {
    const started = await agent.open("POST /procs", {
      body: { command: "cat", background: true, process: "reads" },
    });
    started.destroy();
    const send = (text: string, close = false) =>
      agent.json("POST /procs/reads/input", {
        body: { b64: Buffer.from(text).toString("base64"), close },
      });
    expect((await send("one ")).status).toBe(204);
    expect((await send("two", true)).status).toBe(204);
    expect(outputIn(await agent.frames("GET /procs/reads/output"))).toBe("one two");
    expect(await send("three")).toMatchObject({ status: 409, body: { code: "conflict" } });
  });

  it("[A10] refuses to gather input without end for a process that does not read", async () => {
    const started = await agent.open("POST /procs", {
      body: { command: "sleep 20", background: true, process: "deaf" },
    });
    started.destroy();
    const b64 = Buffer.alloc(700_000).toString("base64");
    expect((await agent.json("POST /procs/deaf/input", { body: { b64 } })).status).toBe(204);
    const second = await agent.json("POST /procs/deaf/input", { body: { b64 } });
    expect(second).toMatchObject({ status: 429, body: { code: "rate_limited" } });
    await agent.ask("DELETE /procs/deaf");
  });
});

describe("the end of a process", () => {
  const FAMILY = [
    "sleep 300 & echo $! > child.pid",
    "setsid bash -c 'echo $$ > session.pid; exec sleep 300' &",
    "(setsid bash -c 'sleep 300 & echo $! > grandchild.pid; wait' &)",
    "trap '' TERM",
    "while true; do sleep 1; done",
  ].join("\n");
  const MEMBERS = ["child.pid", "session.pid", "grandchild.pid"];

  it("[A6] comes for all it started when its time is over, also for what left its session", async () => {
    const frames = await agent.frames("POST /procs", { command: FAMILY, timeoutMs: 1_500 });
    expect(frames.at(-1)).toMatchObject({ t: "exit", timedOut: true });
    for (const name of MEMBERS) {
      const pid = await untilPid(name);
      await expect.poll(() => runs(pid)).toBe(false);
    }
  });

  it("[A6] comes for all it started when it is deleted", async () => {
    await agent.ask("POST /procs", {
      body: { command: `rm -f *.pid; (${FAMILY}) & sleep 0.5; disown; exit 0`, process: "family" },
    });
    const pids = await Promise.all(MEMBERS.map(untilPid));
    expect(pids.map(runs)).toEqual([true, true, true]);
    await agent.ask("DELETE /procs/family");
    expect(pids.map(runs)).toEqual([false, false, false]);
  });

  it("[A5] comes when the last reader of a foreground process leaves", async () => {
    const body = { command: "echo $$ > front.pid; sleep 300", process: "front" };
    const [first, second] = [
      await agent.open("POST /procs", { body }),
      await agent.open("POST /procs", { body }),
    ];
    const pid = await untilPid("front.pid");
    first.destroy();
    await expect
      .poll(async () => (await agent.json("GET /procs")).body.items.length)
      .toBeGreaterThan(0);
    expect(runs(pid)).toBe(true);
    second.destroy();
    await expect.poll(() => runs(pid)).toBe(false);
  });

  it("[A5] does not come for a tool's command when somebody who looked on leaves", async () => {
    const [route, body] = agent.call("run_command", { command: "echo $$ > tool.pid; sleep 300" });
    const call = agent.frames(route, body);
    const pid = await untilPid("tool.pid");
    const { body: list } = await agent.json("GET /procs");
    const { process } = list.items.findLast((item: { state: string; command: string }) =>
      item.command.includes("tool.pid"),
    );
    const looker = await agent.open(`GET /procs/${process}/output`);
    looker.destroy();
    expect((await agent.ask("GET /health")).status).toBe(200);
    await agent.frames("POST /procs", { command: "sleep 0.3" });
    expect(runs(pid)).toBe(true);
    await agent.ask(`DELETE /tool-calls/${body.call}`);
    await call;
    expect(runs(pid)).toBe(false);
  });

  it("[A5] does not come for a background process whose reader leaves", async () => {
    const started = await agent.open("POST /procs", {
      body: { command: "echo $$ > back.pid; sleep 300", process: "back", background: true },
    });
    const pid = await untilPid("back.pid");
    started.destroy();
    const { body } = await agent.json("GET /procs");
    expect(body.items).toContainEqual(
      expect.objectContaining({ process: "back", state: "running", head: 1 }),
    );
    expect(runs(pid)).toBe(true);
    await agent.ask("DELETE /procs/back");
    expect(runs(pid)).toBe(false);
  });
});

describe("memory", () => {
  it("[A37] when it is short is taken from processes before the agent", async () => {
    const command = "sleep 0.2; cat /proc/self/oom_score_adj";
    const frames = await agent.frames("POST /procs", { command });
    expect(Number(outputIn(frames))).toBeGreaterThanOrEqual(500);
  });
});

describe("a log", () => {
  const read = (log: FrameLog, from: number) => {
    const frames = [];
    let cursor: Cursor = { seq: from };
    for (let next = log.next(cursor); next !== undefined; next = log.next(cursor)) {
      frames.push(next.frame);
      cursor = next.cursor;
    }
    return frames;
  };
  const bytesIn = (frames: readonly Frame[]) =>
    frames.reduce(
      (sum, frame) =>
        sum + ("data" in frame ? frame.data.length : frame.t === "gap" ? frame.bytes : 0),
      0,
    );
  const filled = (capacity: number, sizes: readonly number[]) => {
    const log = new FrameLog({ capacity });
    log.append({ t: "start" });
    for (const size of sizes) log.append({ t: "out", data: Buffer.alloc(size) });
    log.append({ t: "exit", code: 0, signal: null, timedOut: false });
    return log;
  };

  it("[A7] accounts for every byte, whatever was dropped, and goes on from every seq", () => {
    for (const capacity of [1_024, 4_096, 20_000, 1_000_000]) {
      const sizes = Array.from({ length: 150 }, (_, index) => (index * 7_919) % 613);
      const log = filled(capacity, sizes);
      const whole = read(log, 0);
      expect(bytesIn(whole)).toBe(sizes.reduce((sum, size) => sum + size, 0));
      expect(log.cost).toBeLessThanOrEqual(capacity + 1_024);
      for (let from = 0; from <= log.last; from += 1) {
        const rest = read(log, from);
        const seqs = rest.map(({ seq }) => seq);
        expect(seqs).toEqual([...seqs].sort((one, other) => one - other));
        expect(rest.filter(({ t }) => t !== "gap")).toEqual(
          whole.filter(({ t, seq }) => t !== "gap" && seq > from),
        );
        if (from < log.last) expect(rest.at(-1)?.t).toBe("exit");
      }
    }
  });

  it("[A7] that is shrunk keeps its beginning, its end and the count", () => {
    const sizes = Array.from({ length: 400 }, () => 500);
    for (const capacity of [60_000, 1_000_000]) {
      const log = filled(capacity, sizes);
      log.shrink(8_192);
      const frames = read(log, 0);
      expect(bytesIn(frames)).toBe(200_000);
      expect(frames.filter(({ t }) => t === "gap")).toHaveLength(1);
      expect(frames[0]?.t).toBe("start");
      expect(frames.at(-1)?.t).toBe("exit");
      expect(log.cost).toBeLessThanOrEqual(8_192);
    }
  });

  it("[A7] of what ended lately is kept: so many, in so much memory, for a while", () => {
    const streams = new Map<string, { log: FrameLog; endedAt: number | undefined }>();
    const sizes = Array.from({ length: 30 }, () => 16_384);
    for (let index = 0; index < 400; index += 1)
      streams.set(`p${index}`, { log: filled(1_000_000, sizes), endedAt: index });
    streams.set("runs", { log: filled(1_000_000, sizes), endedAt: undefined });
    tidyStreams(streams, 500);
    expect(streams.size).toBe(301);
    expect(streams.has("p99")).toBe(false);
    const cost = [...streams.values()].reduce((sum, { log }) => sum + log.cost, 0);
    expect(cost).toBeLessThanOrEqual(24 * MEGABYTE);
    expect(bytesIn(read(streams.get("p100")?.log ?? new FrameLog({ capacity: 1 }), 0))).toBe(
      491_520,
    );
    expect(streams.get("p399")?.log.cost).toBeGreaterThan(491_520);
    tidyStreams(streams, 3 * 60 * 60_000);
    expect([...streams.keys()]).toEqual(["runs"]);
  });
});

describe("much output", () => {
  it("[A8] reaches a reader whole, however slow it reads, while the process waits", async () => {
    const before = agent.memory();
    const answer = await agent.open("POST /procs", {
      body: { command: "head -c 30000000 /dev/zero; echo end >&2" },
    });
    let size = 0;
    let peak = 0;
    let rest = "";
    let last = "";
    for await (const piece of answer) {
      const lines = (rest + String(piece)).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const frame = JSON.parse(line) as { t: string; b64?: string };
        expect(frame.t).not.toBe("gap");
        size += frame.t === "out" ? Buffer.byteLength(frame.b64 ?? "", "base64") : 0;
        last = frame.t;
      }
      peak = Math.max(peak, agent.memory());
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect({ size, last }).toEqual({ size: 30_000_000, last: "exit" });
    expect(peak - before).toBeLessThan(120 * MEGABYTE);
  });

  it("[A8] of 200 MB that nobody reads leaves memory bounded", async () => {
    const started = await agent.open("POST /procs", {
      body: { command: "yes | head -c 200000000", background: true, process: "flood" },
    });
    started.pause();
    let peak = 0;
    await expect
      .poll(async () => {
        peak = Math.max(peak, agent.memory());
        const { body } = await agent.json("GET /procs");
        return body.items.find((item: { process: string }) => item.process === "flood").state;
      })
      .toBe("ended");
    expect(peak).toBeLessThan(350 * MEGABYTE);
    started.destroy();
  });

  it("[A7] is kept as its beginning and its end, with a gap that says what is missing", async () => {
    const frames = await agent.frames("GET /procs/flood/output");
    const gaps = frames.filter(({ t }) => t === "gap");
    expect(gaps).toHaveLength(1);
    const kept = outputIn(frames).length;
    expect(kept).toBeLessThanOrEqual(MEGABYTE);
    expect(kept).toBeGreaterThan(MEGABYTE / 2);
    expect(gaps[0]).toMatchObject({ bytes: 200_000_000 - kept });
    expect(frames.at(-1)).toMatchObject({ t: "exit", code: 0 });
    const gap = gaps[0]?.seq ?? 0;
    expect(await agent.frames(`GET /procs/flood/output?from=${gap}`)).toEqual(
      frames.filter(({ seq }) => seq > gap),
    );
  });

  it("[A7] beyond maxOutputBytes is dropped from the middle", async () => {
    const command = "echo begin; head -c 5000000 /dev/zero | tr '\\0' x; echo; echo end";
    const frames = await agent.frames("POST /procs", { command, maxOutputBytes: 100_000 });
    const output = outputIn(frames);
    expect(output.startsWith("begin\n")).toBe(true);
    expect(output.endsWith("\nend\n")).toBe(true);
    expect(output.length).toBeLessThanOrEqual(100_000);
    expect(frames.find(({ t }) => t === "gap")).toMatchObject({
      bytes: 5_000_011 - output.length,
    });
  });

  it("[A7] in many tiny pieces is bounded too", async () => {
    const command = "for i in $(seq 20000); do printf a; printf b >&2; done";
    const frames = framesIn(
      (await agent.ask("POST /procs", { body: { command, maxOutputBytes: 8_192 } })).body,
    );
    expect(frames.length).toBeLessThan(100);
    expect(frames.at(-1)).toMatchObject({ t: "exit", code: 0 });
  });
});
