// `npm run build`: makes what the launcher serves, or finds it made already. `--force` makes it anew.
import { buildAll } from "./up/build-all.ts";

const made = await buildAll({ force: process.argv.includes("--force") });
process.stdout.write(made.length === 0 ? "everything is built\n" : `built ${made.join(", ")}\n`);
