// Tells whether sources changed since something was made of them: by their bytes, so a fresh checkout or a copy counts as the same.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

const LEFT_OUT = new Set(["node_modules", "dist", "test"]);

/** Hash of the named files and of everything under the named folders; a missing one counts as empty. Tests do not count. */
export function fingerprint(root: string, paths: readonly string[]): string {
  const hash = createHash("sha256");
  for (const path of paths)
    for (const file of filesUnder(root, path))
      hash.update(`${file}\0`).update(readFileSync(join(root, file)));
  return hash.digest("hex");
}

function filesUnder(root: string, path: string): string[] {
  const stat = statSync(join(root, path), { throwIfNoEntry: false });
  if (stat === undefined || /[.]test[.]tsx?$/.test(path)) return [];
  if (stat.isFile()) return [path];
  const names = readdirSync(join(root, path)).toSorted();
  return names
    .filter((name) => !LEFT_OUT.has(name))
    .flatMap((name) => filesUnder(root, `${path}/${name}`));
}
