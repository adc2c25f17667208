// The clean stop: doors closed first, then sockets sent away, then what runs comes to its end, all within a deadline.
import { request } from "node:http";

import type { Log } from "./log.ts";
import { listOwned, signal, untilGone } from "./owned-processes.ts";
import type { Sandboxes } from "./sandboxes.ts";
import type { Runtimes } from "./supervise.ts";

export interface Stopping {
  readonly runtimes: Runtimes;
  readonly running: string;
  readonly sandboxes: Sandboxes;
  readonly gatewayPort: number;
  readonly innerSecret: string;
  readonly log: Log;
}

/** A user who pressed Ctrl+C waits this long at most; what is not done then goes on from the log at the next start. */
const DRAIN_DEADLINE_MS = 5_000;
/** A process that answers nothing for this long is not going to drain. */
const OPEN_DEADLINE_MS = 1_000;
/** Time for the simulators' own clean-up after both processes have ended. */
const DISPOSE_DEADLINE_MS = 1_000;

/** Stops all processes; answers whether they drained in time. Never throws: a stop that fails half-way still ends them. */
export async function stopRuntimes(stopping: Stopping): Promise<boolean> {
  // From here on a process that the simulator wants to bring back ends before it begins.
  process.env["ACOS_STOPPING"] = "1";
  const began = performance.now();
  const left = () => Math.max(0, DRAIN_DEADLINE_MS - (performance.now() - began));
  // The Sandbox Host has sandboxes to clear away and a deadline of its own.
  const owned = listOwned(stopping.running).filter(({ role }) => role !== "sandboxes");
  const main = owned.filter(({ role }) => role === "main").map(({ pid }) => pid);
  const others = owned.filter(({ role }) => role !== "main").map(({ pid }) => pid);
  const drain = openDrain(stopping);
  await Promise.race([drain.opened, deadline(OPEN_DEADLINE_MS)]);
  for (const pid of main) signal(pid, "SIGTERM");
  drain.begin();
  const mainDrained = await untilGone(main, left());
  // Not before the main process has: what it finishes may be under way in a sandbox.
  const sandboxesGone = stopping.sandboxes.stop();
  for (const pid of others) signal(pid, "SIGTERM");
  const drained = (await untilGone(others, left())) && mainDrained;
  for (const { pid } of owned) signal(pid, "SIGKILL");
  await Promise.race([stopping.runtimes.dispose(), deadline(DISPOSE_DEADLINE_MS)]);
  await sandboxesGone;
  return drained;
}

/** A request that is under way before the doors close, and that is finished after, so that it still gets through. */
function openDrain({ gatewayPort, innerSecret }: Stopping) {
  const opened = Promise.withResolvers<void>();
  const outgoing = request({
    host: "127.0.0.1",
    port: gatewayPort,
    method: "POST",
    path: "/inner/drain",
    headers: { "acos-inner-secret": innerSecret, host: "main.internal" },
  });
  // The first byte says that the request is in; a connection alone would be closed with the doors.
  outgoing.on("response", (response) =>
    response
      .once("data", () => opened.resolve())
      .on("error", () => undefined)
      .resume(),
  );
  // A process that is just being brought back has no door and no sockets either: nothing to drain.
  outgoing.on("error", () => opened.resolve());
  outgoing.flushHeaders();
  return { opened: opened.promise, begin: () => outgoing.end() };
}

async function deadline(ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  setTimeout(resolve, ms).unref();
  await promise;
}
