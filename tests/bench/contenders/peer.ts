// Peers: other people's servers in peers/<name>, installed only when asked, each started in a process of its own.
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { startChild, type Child } from "../harness/child-process.ts";

const PEERS_FOLDER = new URL("../peers/", import.meta.url).pathname;

/** Together 5 s, far more than a server needs between saying that it listens and doing so. */
const ANSWER_TRIES = 100;
const ANSWER_WAIT_MS = 50;

export interface PeerServer {
  readonly url: string;
  readonly child: Child;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

/** Installs a peer exactly as its lock file says, unless it is there. Throws with npm's words where that fails. */
function installPeer(name: string): void {
  const cwd = join(PEERS_FOLDER, name);
  if (existsSync(join(cwd, "node_modules"))) return;
  const args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
  execFileSync("npm", args, { cwd, stdio: ["ignore", "ignore", "pipe"] });
}

/** Installs and starts a peer on a fresh data folder. Throws where it cannot be made to run here. */
export async function startPeer(name: string, modelUrl: string): Promise<PeerServer> {
  installPeer(name);
  const data = mkdtempSync(join(tmpdir(), `bench-${name}-`));
  const child = await startChild({
    command: process.execPath,
    args: ["serve.mjs", modelUrl, data],
    cwd: join(PEERS_FOLDER, name),
    readyPattern: /listening (http:\S+)/,
  });
  await answers(child.ready);
  const stop = async () => {
    await child.stop();
    rmSync(data, { recursive: true, force: true });
  };
  return { url: child.ready, child, stop };
}

/** Some servers say that they listen a moment before they do. */
async function answers(url: string): Promise<void> {
  for (let tries = 1; ; tries += 1)
    try {
      await (await fetch(url)).arrayBuffer();
      return;
    } catch (error) {
      if (tries >= ANSWER_TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, ANSWER_WAIT_MS));
    }
}
