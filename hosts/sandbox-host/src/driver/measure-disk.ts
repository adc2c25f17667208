// How much of the disk a sandbox's files take: counted by walking them, and no further than to the limit.
import { spawn } from "node:child_process";

/** What `%b` of find counts in. */
const BLOCK_BYTES = 512;
/** Files for each MiB of the limit: four times what a folder of many small packages has. */
const FILES_PER_MIB = 256;

export interface DiskUsage {
  readonly bytes: number;
  readonly files: number;
  /** Which limit it is over. */
  readonly over: "bytes" | "files" | null;
}

/**
 * Counts files and blocks below the folders without following a link; hard links count once. Ends early when it is over a
 * limit. Resolves with what was counted also where a part could not be read.
 */
export async function measureDisk(folders: readonly string[], diskMiB: number): Promise<DiskUsage> {
  const maxBytes = diskMiB * 1024 * 1024;
  const maxFiles = diskMiB * FILES_PER_MIB;
  const args = ["-P", ...folders, "-xdev", "-printf", "%b %n %y %i\\n"];
  const finder = spawn("find", args, { stdio: ["ignore", "pipe", "ignore"] });
  const linked = new Set<string>();
  let bytes = 0;
  let files = 0;
  let rest = "";
  let over: DiskUsage["over"] = null;
  finder.stdout.setEncoding("latin1");
  finder.stdout.on("data", (text: string) => {
    const lines = `${rest}${text}`.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const [blocks = "0", links, type, inode = ""] = line.split(" ");
      if (type !== "d" && links !== "1") {
        if (linked.has(inode)) continue;
        linked.add(inode);
      }
      bytes += Number(blocks) * BLOCK_BYTES;
      files += 1;
    }
    over = bytes > maxBytes ? "bytes" : files > maxFiles ? "files" : null;
    if (over !== null) finder.kill("SIGKILL");
  });
  const ended = Promise.withResolvers<void>();
  finder.once("error", () => ended.resolve());
  finder.once("close", () => ended.resolve());
  await ended.promise;
  return { bytes, files, over };
}
