// Where the host keeps what sandboxes are given. As root it lives in a mount namespace of its own: there, and nowhere else,
// the data folder and the programs are reachable for the sandboxes' own users, whatever the modes of the folders above.
import { spawnSync } from "node:child_process";
import { chmodSync, closeSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

import { etcFiles } from "./etc-files.ts";

export interface Place {
  /** Whether each sandbox can get a user id of its own. */
  readonly ownUid: boolean;
  /** The data folder, by the way that sandboxes' users can take. */
  readonly boxes: string;
  /** Our Node, as a file. */
  readonly node: string;
  /** Folder of the agent's program, null where there is none yet. */
  readonly agentFolder: string | null;
  readonly agentFile: string | null;
  readonly etc: string;
}

/** Says that this process has its own mount namespace already. */
const INSIDE = "ACOS_SANDBOX_HOST_INSIDE";
/** Exists on every Linux; only an empty folder in it is seen from outside. */
const MOUNT_POINT = "/run/acos-sandbox-host";

/** `O_CLOEXEC` of fcntl.h. */
const CLOSED_ON_EXEC = 0o2000000;

const isRoot = (): boolean => process.getuid?.() === 0;

/**
 * Goes on in a private mount namespace, as the same process with the same input and output. Does nothing where we are there
 * already or are not root. Returns also when that is not possible: `preparePlace` then says so.
 */
export function enterOwnMounts(): void {
  closeInherited();
  if (!isRoot() || process.env[INSIDE] === "1" || process.execve === undefined) return;
  const unshare = ["/usr/bin/unshare", "/bin/unshare"].find(
    (path) => spawnSync(path, ["--mount", "true"]).status === 0,
  );
  if (unshare === undefined) return;
  process.removeAllListeners("warning");
  const again = [unshare, "--mount", "--propagation", "private", "--", process.execPath];
  process.execve(unshare, [...again, ...process.execArgv, ...process.argv.slice(1)], {
    ...process.env,
    [INSIDE]: "1",
  });
}

/** Closes what our parent left open: a sandbox would inherit it. Whatever Node opens itself is not inherited. */
function closeInherited(): void {
  for (const fd of readdirSync("/proc/self/fd")
    .map(Number)
    .filter((each) => each > 2)) {
    try {
      const flags = /^flags:\s+(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"))?.[1];
      if ((parseInt(flags ?? "0", 8) & CLOSED_ON_EXEC) === 0) closeSync(fd);
    } catch {
      // The descriptor of the listing itself.
    }
  }
}

/** Makes the folders. Throws with words where a mount is refused. `agent` is the program's path, null for none. */
export function preparePlace(folder: string, agent: string | null): Place {
  const own = isRoot() && process.env[INSIDE] === "1";
  delete process.env[INSIDE];
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  const agentFile = agent === null ? null : basename(agent);
  if (!own) {
    const etc = join(folder, "etc");
    writeEtc(etc);
    const agentFolder = agent === null ? null : dirname(agent);
    return { ownUid: false, boxes: folder, node: process.execPath, agentFolder, agentFile, etc };
  }
  chmodSync(folder, 0o711);
  mkdirSync(MOUNT_POINT, { recursive: true, mode: 0o755 });
  mount(["-t", "tmpfs", "-o", "mode=0755,size=4m", "tmpfs", MOUNT_POINT]);
  const boxes = bound(folder, "boxes");
  const node = join(MOUNT_POINT, "node");
  writeFileSync(node, "");
  mount(["--bind", process.execPath, node]);
  const agentFolder = agent === null ? null : bound(dirname(agent), "agent");
  const etc = join(MOUNT_POINT, "etc");
  writeEtc(etc);
  return { ownUid: true, boxes, node, agentFolder, agentFile, etc };
}

function bound(source: string, name: string): string {
  const target = join(MOUNT_POINT, name);
  mkdirSync(target);
  mount(["--bind", source, target]);
  return target;
}

function writeEtc(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  for (const [name, text] of Object.entries(etcFiles()))
    writeFileSync(join(folder, name), text, { mode: 0o644 });
}

function mount(args: readonly string[]): void {
  const { status, stderr } = spawnSync("mount", args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`mount ${args.join(" ")} failed: ${stderr.trim()}`);
}
