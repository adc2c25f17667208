// The program `acos`: picks the verb, gives it the world (streams, environment, exit), and turns errors into words.
import { USAGE } from "./usage.ts";
import { RefusedStart, UsageError } from "./usage-error.ts";

type Verb = (args: readonly string[]) => Promise<void>;

/** Loaded when asked for: `acos up` needs the runtime's simulator, which no other verb should wait for. */
const VERBS: Readonly<Record<string, () => Promise<Verb>>> = {
  up: async () => (await import("./up/command.ts")).runUp,
};

async function main(args: readonly string[]): Promise<void> {
  const [name, ...rest] = args;
  if (name === undefined || name === "help" || name === "--help" || name === "-h") {
    process.stdout.write(USAGE);
    return;
  }
  const load = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined;
  if (load === undefined)
    throw new UsageError(`"${name}" is not something acos can do. "acos --help" lists what is.`);
  await (
    await load()
  )(rest);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError || error instanceof RefusedStart)) throw error;
  process.stderr.write(`acos: ${error.message}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
