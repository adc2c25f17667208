// Bundles the product's built Workers once more, each inside its counting entry, into a folder that the launcher serves.
import { cpSync, mkdtempSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { build } from "esbuild";

import { REPOSITORY } from "../../product.ts";
import { WORKER_BUNDLE } from "../harness/workerd.ts";

const ENTRIES = {
  orchestrator: new URL("./orchestrator.ts", import.meta.url),
  "group-controller": new URL("./group-controller.ts", import.meta.url),
  agents: new URL("./agents.ts", import.meta.url),
} as const;

/** Builds the product where it is old, wraps it and answers the folder for `ACOS_DIST`. The caller removes it. */
export async function buildCounting(): Promise<string> {
  const dist = process.env["ACOS_DIST"] ?? builtHere();
  const made = mkdtempSync(join(tmpdir(), "bench-dist-"));
  cpSync(join(dist, "embedding"), join(made, "embedding"), { recursive: true });
  await Promise.all(
    Object.entries(ENTRIES).map(([name, entry]) =>
      build({
        ...WORKER_BUNDLE,
        absWorkingDir: REPOSITORY,
        entryPoints: [entry.pathname],
        outfile: join(made, name, "index.js"),
        alias: { [`virtual:product/${name}`]: join(dist, name, "index.js") },
      }),
    ),
  );
  return made;
}

function builtHere(): string {
  const builder = join(REPOSITORY, "hosts/local/src/build.ts");
  execFileSync(process.execPath, [builder], { cwd: REPOSITORY, stdio: "pipe" });
  return join(REPOSITORY, "dist");
}
