// Before each test file: the database as the migrations make it.
import { env } from "cloudflare:workers";

import type { TestBindings } from "./worker.ts";

const { DB, MIGRATIONS } = env as unknown as TestBindings;
const statements = MIGRATIONS.flatMap(({ queries }) => queries);
await DB.batch(statements.map((query) => DB.prepare(query)));
