// What `true` takes without us: as a bare process, in a bare bubblewrap, and by container engines where they are.
import { spawn, spawnSync } from "node:child_process";

import type { ContenderName } from "../harness/figures.ts";

export interface BareCommand {
  readonly name: ContenderName;
  readonly command: string;
  readonly args: readonly string[];
}

/** The least that holds programs apart at all; the product's own sandboxes are closed further, and stay open. */
const BUBBLEWRAP =
  "--ro-bind /usr /usr --symlink usr/bin /bin --symlink usr/lib /lib --symlink usr/lib64 /lib64 " +
  "--proc /proc --dev /dev --unshare-all --die-with-parent true";

/** Those that work on this machine; the others are named to `say`, with the reason. */
export function bareCommands(say: (line: string) => void): readonly BareCommand[] {
  const wanted: readonly (BareCommand | string)[] = [
    { name: "bare-process", command: "true", args: [] },
    { name: "bubblewrap", command: "bwrap", args: BUBBLEWRAP.split(" ") },
    { name: "gVisor", command: "runsc", args: ["--network=none", "do", "true"] },
    engine("podman"),
    engine("docker"),
  ];
  return wanted.filter((each) => {
    const words = typeof each === "string" ? each : failureOf(each);
    if (words === undefined) return true;
    say(`not beside it: ${words}`);
    return false;
  }) as readonly BareCommand[];
}

/** An engine with an image that is there already; nothing is fetched for a benchmark. */
function engine(name: "podman" | "docker"): BareCommand | string {
  const { status, stdout } = spawnSync(name, ["image", "ls", "--quiet"], { encoding: "utf8" });
  const image = stdout?.split("\n")[0];
  if (status !== 0) return `${name}, which is not there or does not answer`;
  if (!image) return `${name}, which has no image here`;
  return { name, command: name, args: ["run", "--rm", "--network=none", image, "true"] };
}

function failureOf({ name, command, args }: BareCommand): string | undefined {
  const { status, error } = spawnSync(command, args, { stdio: "ignore" });
  return status === 0 ? undefined : `${name}, which ${error ? "is not there" : "does not work"}`;
}

/** Milliseconds from the spawn to the end. Throws when it does not end well. */
export function timeOf({ name, command, args }: BareCommand): Promise<number> {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: "ignore" });
    child.once("error", reject);
    child.once("exit", (code) => {
      if (code === 0) resolve(performance.now() - began);
      else reject(new Error(`${name} ended with ${code}`));
    });
  });
}
