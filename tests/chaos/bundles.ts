// Built Workers in a folder of their own: a chaos run starts the same bytes every time, whatever is edited meanwhile.
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { build, type Plugin } from "esbuild";

import { REPOSITORY } from "../product.ts";

/** One change of one source file: `find` has to stand in it exactly once. */
export interface Patch {
  /** Path from the repository's root. */
  readonly file: string;
  readonly find: string;
  readonly put: string;
}

/**
 * Builds what is old and copies it to a new folder, for `ACOS_DIST`. Throws when the build fails. ACOS_TEST_BUNDLES names
 * a folder of Workers built elsewhere, to be copied instead.
 */
function copyBundles(): string {
  const elsewhere = process.env["ACOS_TEST_BUNDLES"];
  if (elsewhere === undefined) buildBundles();
  const folder = mkdtempSync(join(tmpdir(), "acos-bundles-"));
  cpSync(elsewhere ?? join(REPOSITORY, "dist"), folder, { recursive: true });
  return folder;
}

function buildBundles(): void {
  const built = spawnSync(process.execPath, ["hosts/local/src/build.ts"], {
    cwd: REPOSITORY,
    encoding: "utf8",
  });
  if (built.status !== 0) throw new Error(`The build failed.\n${built.stdout}\n${built.stderr}`);
}

/** The same with a Group Controller whose sources are changed. Throws when a patch does not fit any more. */
export async function patchedBundles(patches: readonly Patch[]): Promise<string> {
  const folder = copyBundles();
  const unused = new Set(patches.map((patch) => patch.file));
  await build({
    absWorkingDir: REPOSITORY,
    entryPoints: ["workers/group-controller/src/index.ts"],
    outfile: join(folder, "group-controller/index.js"),
    allowOverwrite: true,
    bundle: true,
    format: "esm",
    target: "es2024",
    platform: "neutral",
    mainFields: ["module", "main"],
    conditions: ["workerd", "worker", "import", "production"],
    external: ["node:*", "cloudflare:*"],
    keepNames: true,
    logLevel: "warning",
    plugins: [patching(patches, unused)],
  });
  if (unused.size > 0) throw new Error(`Not part of the bundle: ${[...unused].join(", ")}.`);
  return folder;
}

function patching(patches: readonly Patch[], unused: Set<string>): Plugin {
  return {
    name: "patching",
    setup: ({ onLoad }) => {
      onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const file = realpathSync(path).slice(REPOSITORY.length + 1);
        const fitting = patches.filter((patch) => patch.file === file);
        if (fitting.length === 0) return undefined;
        unused.delete(file);
        return { loader: "ts", contents: fitting.reduce(apply, readFileSync(path, "utf8")) };
      });
    },
  };
}

/** Spaces and line ends do not count, so that reformatting a file does not make a patch unfit. */
function apply(source: string, { file, find, put }: Patch): string {
  const words = find.trim().split(/\s+/);
  const escaped = words.map((word) => word.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  const places = [...source.matchAll(new RegExp(escaped.join(String.raw`\s+`), "g"))];
  const [place] = places;
  if (place === undefined || places.length > 1)
    throw new Error(`${file} holds ${places.length} times what a seeded bug replaces: ${find}`);
  return source.slice(0, place.index) + put + source.slice(place.index + place[0].length);
}
