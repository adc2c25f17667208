// The in-sandbox agent: the one program of ours inside a sandbox. It listens first and loads its parts behind that, so that a
// cold start waits for little more than Node.
//
//   host ── unix socket, or TCP with a bearer ──▶ agent ──▶ processes, files, ports, terminals, checkpoints
import { isMainThread } from "node:worker_threads";

import { pipeEgress } from "./egress-pipe.ts";
import { readEnvironment } from "./environment.ts";
import { openServer } from "./server.ts";

/** A sandbox's agent goes on whatever happens: its end is the end of everything in the sandbox. */
function survive(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
  process.on("uncaughtException", (error) => say("exception", error));
  process.on("unhandledRejection", (error) => say("rejection", error));
  process.on("SIGPIPE", () => undefined);
  process.on("SIGHUP", () => undefined);
}

function say(what: string, error: unknown): void {
  const words = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`${JSON.stringify({ level: "error", what, error: words })}\n`);
}

async function start(): Promise<void> {
  survive();
  const environment = readEnvironment(process.env);
  const load = async () => (await import("./application.ts")).makeApplication(environment);
  const server = await openServer({ environment, load, say });
  if (environment.egressSocket !== undefined) await pipeEgress(environment.egressSocket, say);
  process.stdout.write(`${JSON.stringify({ ready: true, pid: process.pid })}\n`);
  process.on("SIGTERM", () => void server.end().finally(() => process.exit(0)));
}

if (isMainThread) {
  start().catch((error: unknown) => {
    say("start", error);
    process.exitCode = 1;
  });
} else {
  // The same file is the search's worker: a bundle has no second one.
  const { serveSearch } = await import("./tools/search-worker.ts");
  serveSearch();
}
