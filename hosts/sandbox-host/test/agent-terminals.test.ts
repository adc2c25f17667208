// Terminals of a sandbox: one shell, several who look on, one who writes.
import { readFileSync } from "node:fs";

import type { TerminalFrame } from "@acos/protocol";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { WebSocket } from "ws";

import { Agent, endAgents, pidIn, runs } from "./agent-client.ts";

let agent: Agent;
beforeAll(async () => {
  agent = await Agent.start();
});
afterAll(endAgents);

/** Processor time of a process, in ticks. */
function cpuOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, "latin1");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

class Viewer {
  readonly socket: WebSocket;
  readonly frames: TerminalFrame[] = [];
  shown = "";
  closed: number | undefined;

  constructor(terminal: string) {
    this.socket = agent.socketTo(`/terminals/${terminal}`);
    viewers.push(this);
    this.socket.on("message", (data, isBinary) => {
      if (isBinary) this.shown += String(data);
      else this.frames.push(JSON.parse(String(data)) as TerminalFrame);
    });
    this.socket.on("close", (code) => (this.closed = code));
    this.socket.on("error", () => (this.closed ??= 0));
  }

  get writes(): boolean | undefined {
    return this.frames.findLast((frame) => frame.type === "attached")?.writer;
  }

  type(text: string): void {
    this.socket.send(Buffer.from(text));
  }

  tell(frame: object): void {
    this.socket.send(JSON.stringify(frame));
  }
}

const viewers: Viewer[] = [];
afterEach(() => {
  for (const { socket } of viewers.splice(0)) socket.terminate();
});

async function open(options: object = {}): Promise<string> {
  const { status, body } = await agent.json("POST /terminals", { body: options });
  expect(status).toBe(201);
  return body.terminal;
}

async function look(terminal: string, writes: boolean): Promise<Viewer> {
  const viewer = new Viewer(terminal);
  await expect.poll(() => viewer.writes).toBe(writes);
  return viewer;
}

describe("a terminal", () => {
  it("[A32] is a shell in the workspace that shows what is typed and what comes of it", async () => {
    const terminal = await open({ cols: 100, rows: 30 });
    const viewer = await look(terminal, true);
    viewer.type("echo $((6*7)) $(pwd) $(stty size) $TERM\n");
    await expect.poll(() => viewer.shown).toContain(`42 ${agent.workspace} 30 100 xterm-256color`);
    const { body } = await agent.json("GET /terminals");
    expect(body.items).toContainEqual({ terminal, cols: 100, rows: 30, viewers: 1 });
  });

  it("[A32] shows a later viewer what was before, 256 KiB of it at most", async () => {
    const terminal = await open({
      command: "head -c 600000 /dev/zero | tr '\\0' x; echo; echo end; cat",
    });
    const first = await look(terminal, true);
    await expect.poll(() => first.shown).toContain("end");
    const second = await look(terminal, false);
    await expect.poll(() => second.shown).toMatch(/x\r\nend\r\n$/);
    expect(second.shown).toHaveLength(256 * 1024);
    first.type("both\n");
    await expect.poll(() => first.shown).toContain("both\r\nboth");
    await expect.poll(() => second.shown).toContain("both\r\nboth");
  });

  it("[A33] has one writer: the first, until another one takes it or it leaves", async () => {
    const terminal = await open({ command: "cat" });
    const first = await look(terminal, true);
    const second = await look(terminal, false);
    const third = await look(terminal, false);
    second.type("not heard\n");
    second.tell({ type: "take" });
    await expect.poll(() => [first.writes, second.writes]).toEqual([false, true]);
    first.type("nor this\n");
    second.type("heard\n");
    await expect.poll(() => first.shown).toContain("heard\r\nheard");
    expect(first.shown).not.toMatch(/not heard|nor this/);
    second.socket.close();
    await expect.poll(() => first.writes).toBe(true);
    first.socket.close();
    await expect.poll(() => third.writes).toBe(true);
    third.socket.send("{not a frame");
    third.tell({ type: "resize", cols: 0, rows: 1 });
    third.type("still here\n");
    await expect.poll(() => third.shown).toContain("still here");
  });

  it("[A34] has the size that its writer gives it, and tells everybody", async () => {
    const terminal = await open();
    const writer = await look(terminal, true);
    const other = await look(terminal, false);
    other.tell({ type: "resize", cols: 50, rows: 50 });
    writer.tell({ type: "resize", cols: 120, rows: 40 });
    await expect
      .poll(() => other.frames.at(-1))
      .toMatchObject({ writer: false, cols: 120, rows: 40 });
    writer.type("stty size\n");
    await expect.poll(() => writer.shown).toContain("40 120");
  });

  it("[A34] tells its end, also to whom comes later", async () => {
    const terminal = await open({ command: "echo bye; exit 5" });
    const late = async () => {
      const viewer = new Viewer(terminal);
      await expect.poll(() => viewer.closed).toBe(1000);
      return viewer;
    };
    const [one, two] = [await late(), await late()];
    const exit = { type: "exit", code: 5, signal: null, timedOut: false };
    expect(one.frames.at(-1)).toEqual(exit);
    expect(two.frames.at(-1)).toEqual(exit);
    expect(two.shown).toContain("bye");
  });

  it("[A34] ends with all it started when it is deleted, and is not known after", async () => {
    const terminal = await open();
    const viewer = await look(terminal, true);
    viewer.type("setsid sleep 300 & echo $! > terminal.pid\n");
    const pidFile = `${agent.workspace}/terminal.pid`;
    await expect.poll(() => pidIn(pidFile)).toBeGreaterThan(0);
    expect((await agent.ask(`DELETE /terminals/${terminal}`)).status).toBe(204);
    expect(runs(pidIn(pidFile) ?? 0)).toBe(false);
    await expect.poll(() => viewer.closed).toBe(1000);
    expect((await agent.ask(`DELETE /terminals/${terminal}`)).status).toBe(404);
    const unknown = new Viewer(terminal);
    await expect.poll(() => unknown.closed).toBeDefined();
  });

  it("[A34] that has ended by itself leaves nothing either when it is deleted", async () => {
    const terminal = await open({
      command: "setsid sleep 4321 & echo $! > left.pid; sleep 0.3; exit 0",
    });
    const viewer = new Viewer(terminal);
    await expect.poll(() => viewer.closed).toBe(1000);
    const left = pidIn(`${agent.workspace}/left.pid`) ?? 0;
    expect(runs(left)).toBe(true);
    expect((await agent.ask(`DELETE /terminals/${terminal}`)).status).toBe(204);
    expect(runs(left)).toBe(false);
  });

  it("[A32] that floods waits for its writer, and memory stays bounded", async () => {
    const terminal = await open({ command: "echo $$ > flood.pid; exec yes" });
    const viewer = await look(terminal, true);
    viewer.socket.pause();
    const before = agent.memory();
    const pidFile = `${agent.workspace}/flood.pid`;
    await expect.poll(() => pidIn(pidFile)).toBeGreaterThan(0);
    const pid = pidIn(pidFile) ?? 0;
    const WINDOW = { interval: 500, timeout: 15_000 };
    let spent = -1;
    const spentSince = () => {
      const last = spent;
      spent = cpuOf(pid);
      return spent - last;
    };
    await expect.poll(spentSince, WINDOW).toBe(0);
    expect(agent.memory() - before).toBeLessThan(60 * 1024 * 1024);
    // It waited, so nothing was lost and nobody was sent away.
    viewer.socket.resume();
    const seen = viewer.shown.length;
    await expect.poll(() => viewer.shown.length).toBeGreaterThan(seen + 8 * 1024 * 1024);
    expect(viewer.closed).toBeUndefined();
    expect(viewer.shown.replaceAll("y\r\n", "").length).toBeLessThan(3);
    await agent.ask(`DELETE /terminals/${terminal}`);
  });
});
