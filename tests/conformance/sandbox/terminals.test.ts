// Terminals: opened, shared by several who look and one who writes, resized, and ended.
import { expect, it } from "vitest";
import { WebSocket } from "ws";

import { terminalFrameSchema, terminalViewSchema, type TerminalFrame } from "@acos/protocol";

import { describeTargets } from "./describe-targets.ts";
import { expectOk, type SandboxClient } from "./sandbox-client.ts";
import type { Place } from "./target.ts";

interface Screen {
  text(): string;
  readonly frames: TerminalFrame[];
  type(text: string): void;
  send(frame: TerminalFrame): void;
  close(): void;
}

async function opened(one: SandboxClient, json: object = {}): Promise<string> {
  const response = await one.agent("/terminals", { method: "POST", json });
  return terminalViewSchema.parse(await (await expectOk(response)).json()).terminal;
}

async function looking(place: Place, one: SandboxClient, terminal: string): Promise<Screen> {
  const { target, headers } = await one.signedUpgrade(`/terminals/${terminal}`);
  const way = place.socket?.(target);
  if (way === undefined) throw new Error("this target has no sockets");
  const socket = new WebSocket(way.url, { headers: { ...headers, ...way.headers } });
  const frames: TerminalFrame[] = [];
  let shown = "";
  const ready = Promise.withResolvers<void>();
  socket.on("error", ready.reject);
  socket.on("message", (data, isBinary) => {
    const text = (data as Buffer).toString("utf8");
    if (isBinary) {
      shown += text;
      return;
    }
    frames.push(terminalFrameSchema.parse(JSON.parse(text)));
    ready.resolve();
  });
  await ready.promise;
  return {
    text: () => shown,
    frames,
    type: (text) => socket.send(Buffer.from(text, "utf8"), { binary: true }),
    send: (frame) => socket.send(JSON.stringify(frame)),
    close: () => socket.close(),
  };
}

describeTargets(
  "terminals",
  ({ sandbox, place }) => {
    it("[N1] run a shell that answers what is typed", async () => {
      const one = await sandbox();
      const screen = await looking(place(), one, await opened(one, { cols: 90, rows: 20 }));
      expect(screen.frames[0]).toEqual({ type: "attached", writer: true, cols: 90, rows: 20 });
      screen.type("echo sum-$((40 + 2))\r");
      await expect.poll(screen.text).toContain("sum-42");
      screen.close();
    });

    it("[N2] change their size, and tell the program", async () => {
      const one = await sandbox();
      const screen = await looking(place(), one, await opened(one));
      screen.send({ type: "resize", cols: 111, rows: 33 });
      screen.type("stty size\r");
      await expect.poll(screen.text).toContain("33 111");
      screen.close();
    });

    it("[N3] show a second viewer what was shown, and let one write at a time", async () => {
      const one = await sandbox();
      const terminal = await opened(one);
      const first = await looking(place(), one, terminal);
      first.type("echo for-both-$((1 + 1))\r");
      await expect.poll(first.text).toContain("for-both-2");
      const second = await looking(place(), one, terminal);
      expect(second.frames[0]).toMatchObject({ type: "attached", writer: false });
      await expect.poll(second.text).toContain("for-both-2");
      second.type("echo not-allowed-$((2 + 2))\r");
      second.send({ type: "take" });
      await expect
        .poll(() => second.frames.at(-1))
        .toMatchObject({ type: "attached", writer: true });
      second.type("echo taken-$((3 + 3))\r");
      await expect.poll(first.text).toContain("taken-6");
      expect(first.text()).not.toContain("not-allowed-4");
      first.close();
      second.close();
    });

    it("[N4] say how their program ended, and are listed until they are closed", async () => {
      const one = await sandbox();
      const terminal = await opened(one);
      const screen = await looking(place(), one, terminal);
      screen.type("exit 7\r");
      await expect.poll(() => screen.frames.at(-1)).toMatchObject({ type: "exit", code: 7 });
      const other = await opened(one);
      await expectOk(await one.agent(`/terminals/${other}`, { method: "DELETE" }));
      const response = await expectOk(await one.agent("/terminals"));
      const { items } = (await response.json()) as { items: { terminal: string }[] };
      expect(items.map((each) => each.terminal)).not.toContain(other);
    });
  },
  { programs: true },
);
