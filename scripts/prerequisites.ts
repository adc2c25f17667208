// Programs that a suite needs and npm cannot bring: found, installed where that is ours to do, or named with the one
// command that brings them.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

export interface Prerequisite {
  /** The vitest project that cannot run without it. */
  readonly suite: string;
  readonly found: () => boolean;
  readonly debianPackages: readonly string[];
}

/** Where the browser suite looks, in its order: an explicit path, then Debian's. */
const CHROMIUM_PATHS = [process.env["CHROMIUM"], "/usr/bin/chromium"];

/** These start the whole product, or sandboxes themselves. */
const SUITES_WITH_SANDBOXES = ["hosts", "star", "chaos", "bench"];

const isOnPath = (program: string): boolean =>
  (process.env["PATH"] ?? "")
    .split(delimiter)
    .some((folder) => folder !== "" && existsSync(join(folder, program)));

export const PREREQUISITES: readonly Prerequisite[] = [
  {
    suite: "web",
    found: () => CHROMIUM_PATHS.some((path) => path && existsSync(path)),
    debianPackages: ["chromium"],
  },
  ...SUITES_WITH_SANDBOXES.map((suite) => ({
    suite,
    found: () => isOnPath("bwrap"),
    debianPackages: ["bubblewrap"],
  })),
];

function mayInstall(): boolean {
  return (
    process.getuid?.() === 0 && existsSync("/etc/debian_version") && existsSync("/usr/bin/apt-get")
  );
}

function aptGet(...args: string[]): boolean {
  const { status } = spawnSync("apt-get", args, {
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  });
  return status === 0;
}

/**
 * Makes sure of every prerequisite of the given suites and returns those still missing. As root on Debian it installs;
 * anywhere else it changes nothing.
 */
export function meetPrerequisites(needs: readonly Prerequisite[]): Prerequisite[] {
  const missing = needs.filter((need) => !need.found());
  if (missing.length === 0 || !mayInstall()) return missing;
  const packages = [...new Set(missing.flatMap((need) => need.debianPackages))];
  console.log(`Installing what the tests need: ${packages.join(", ")}`);
  if (aptGet("-qq", "update")) {
    aptGet("-qq", "install", "--yes", "--no-install-recommends", ...packages);
  }
  return missing.filter((need) => !need.found());
}

/** One sentence that says what is left out, why, and the command that mends it. */
export function leftOutSentence({ suite, debianPackages }: Prerequisite): string {
  const packages = debianPackages.join(" ");
  return `LEFT OUT: the "${suite}" tests need ${packages}. Get it with: sudo apt-get install ${packages}`;
}
