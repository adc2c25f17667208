// Decides whether the database has to be migrated before the start, and has it done by a process of its own.
import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";

import type { DataFolder } from "./data-folder.ts";
import { fingerprint } from "./fingerprint.ts";
import { ownedCommand } from "./runtime-options.ts";

/**
 * Brings the folder's database up to the migrations and answers the names applied now. Starts no process when the same
 * migrations were seen before. Throws when one fails; those before it stay applied.
 */
export async function migrateDatabase(
  folder: DataFolder,
  migrations: string,
): Promise<readonly string[]> {
  if (!existsSync(migrations)) return [];
  const stamp = join(folder.path, "migrations.seen");
  const print = fingerprint(migrations, ["."]);
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === print) return [];
  const applied = await runMigration(folder.state, migrations);
  writeFileSync(stamp, print, { mode: 0o600 });
  return applied;
}

async function runMigration(state: string, migrations: string): Promise<readonly string[]> {
  const { file, environment } = ownedCommand(process.execPath, "migration");
  const args = [...process.execArgv, join(import.meta.dirname, "migrate.ts"), state, migrations];
  const child = spawn(file, args, { stdio: ["ignore", "pipe", "pipe"], env: environment });
  const ended = Promise.withResolvers<number | null>();
  child.once("error", ended.reject);
  child.once("close", ended.resolve);
  const [code, output, problem] = await Promise.all([
    ended.promise,
    text(child.stdout),
    text(child.stderr),
  ]);
  if (code !== 0)
    throw new Error(
      `the database cannot be migrated: ${problem.trim() || `the process ended with ${code}`}`,
    );
  return JSON.parse(output) as string[];
}
