// A short process of its own, run before the start: brings the database up to the newest migration and ends.
// Arguments: the folder of the state, the folder of the migrations. Prints the names it applied as a JSON list.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { Miniflare, convertV4MiniflareOptions } from "miniflare";

import { DATABASE_ID, RUNTIME_DEFAULTS, ownRuntime } from "./runtime-options.ts";

/** The table that wrangler keeps on Cloudflare, so that a database moved there is not migrated twice. */
const TABLE = `CREATE TABLE IF NOT EXISTS d1_migrations (
  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)`;

async function migrate(state: string, migrations: string): Promise<string[]> {
  ownRuntime(process.pid);
  const runtime = new Miniflare({
    ...convertV4MiniflareOptions({
      ...RUNTIME_DEFAULTS,
      resourcePersistencePath: state,
      unsafeRuntimeEnv: { ACOS_ROLE: "migration" },
      workers: [
        {
          name: "migration",
          modules: true,
          script: "export default {}",
          d1Databases: { DB: DATABASE_ID },
        },
      ],
    }),
  });
  try {
    return await applyMissing(await runtime.getD1Database("DB"), migrations);
  } finally {
    await runtime.dispose();
  }
}

type Database = Awaited<ReturnType<Miniflare["getD1Database"]>>;

async function applyMissing(database: Database, migrations: string): Promise<string[]> {
  await database.prepare(TABLE).run();
  const rows = await database.prepare("SELECT name FROM d1_migrations").all<{ name: string }>();
  const applied = new Set(rows.results.map((row) => row.name));
  const missing = readdirSync(migrations)
    .filter((name) => name.endsWith(".sql") && !applied.has(name))
    .toSorted();
  for (const name of missing) {
    const statements = readFileSync(join(migrations, name), "utf8")
      .split("--> statement-breakpoint")
      .map((text) => text.trim())
      .filter(Boolean);
    const noted = database.prepare("INSERT INTO d1_migrations (name) VALUES (?)").bind(name);
    // One batch is one transaction: a migration is there whole, and noted, or not at all.
    await database.batch([...statements.map((text) => database.prepare(text)), noted]);
  }
  return missing;
}

const [state = "", migrations = ""] = process.argv.slice(2);
process.stdout.write(JSON.stringify(await migrate(state, migrations)));
