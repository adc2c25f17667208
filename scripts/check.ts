// `npm run check`: runs every `check:*` script of package.json, tells each one's outcome, and fails if any did.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** What one check may print; a lint run over a broken tree stays below it. */
const OUTPUT_MAX_BYTES = 64 * 1024 * 1024;

const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as {
  scripts: Record<string, string>;
};
const checks = Object.keys(scripts).filter((name) => name.startsWith("check:"));
const failed: string[] = [];

for (const check of checks) {
  const startedAtMs = performance.now();
  const { status, stdout, stderr } = spawnSync("npm", ["run", "--silent", check], {
    encoding: "utf8",
    maxBuffer: OUTPUT_MAX_BYTES,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1);
  console.log(`${status === 0 ? "ok  " : "FAIL"} ${check.padEnd(14)} ${seconds} s`);
  if (status === 0) continue;
  failed.push(check);
  console.log(`${stdout}${stderr}`.trim());
}

if (checks.length === 0)
  console.error("package.json names no `check:*` script: nothing was checked.");
if (failed.length > 0) console.error(`\nfailed: ${failed.join(", ")}`);
process.exitCode = checks.length === 0 || failed.length > 0 ? 1 : 0;
