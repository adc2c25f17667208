// Builds all four Workers exactly as a deploy would, without sending anything: bindings, entrypoints and sizes are checked.
import { spawnSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";

const ROOT = resolve(import.meta.dirname, "..");
const WRANGLER = join(ROOT, "node_modules/wrangler/bin/wrangler.js");
const WORKERS = ["agents", "orchestrator", "group-controller", "sandbox-containers"] as const;
/** Workers with an image, which wrangler would build with a container engine even in a dry run: theirs is left out. */
const WITH_IMAGE: readonly string[] = ["sandbox-containers"];
/** The smallest plan takes 3 MB compressed; nobody should need a larger one for this. */
const GZIPPED_MAX_BYTES = 3 * 1024 * 1024;
/** Wrangler phones home by default; a check in CI must not. */
const QUIET = {
  WRANGLER_SEND_METRICS: "false",
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
  WRANGLER_HIDE_BANNER: "true",
  WRANGLER_LOG_PATH: join(ROOT, "dist/deploy/logs"),
};

function run(args: readonly string[]): boolean {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: ROOT,
    encoding: "utf8",
    env: { ...process.env, ...QUIET },
  });
  if (status !== 0) console.error(`${stdout}\n${stderr}`);
  return status === 0;
}

function dryRun(worker: string): string | undefined {
  const outdir = join(ROOT, "dist/deploy", worker);
  const config = join(ROOT, "workers", worker, "wrangler.jsonc");
  const withoutImage = WITH_IMAGE.includes(worker) ? ["--containers-rollout=none"] : [];
  const args = ["deploy", "--dry-run", ...withoutImage, "--config", config, "--outdir", outdir];
  if (!run([WRANGLER, ...args])) return `${worker}: the dry run failed`;
  const bytes = globSync(`${outdir}/*.js`).reduce(
    (sum, file) => sum + gzipSync(readFileSync(file)).length,
    0,
  );
  if (WITH_IMAGE.includes(worker))
    console.log(
      `${worker}: its image was NOT built here; tests/conformance/sandbox/container-lane.sh does`,
    );
  console.log(`${worker}: ${Math.round(bytes / 1024)} KB compressed`);
  if (bytes === 0) return `${worker}: nothing was built`;
  return bytes > GZIPPED_MAX_BYTES ? `${worker}: too large to deploy` : undefined;
}

// The Orchestrator carries the web app's files, so they must be there.
const built = run([join(ROOT, "hosts/local/src/build.ts")]);
const problems = [built ? undefined : "the build failed", ...WORKERS.map(dryRun)].filter(
  (text) => text !== undefined,
);
for (const text of problems) console.error(text);
process.exit(problems.length === 0 ? 0 : 1);
