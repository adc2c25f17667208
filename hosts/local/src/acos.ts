// The program `acos`: picks the verb, gives it the world (streams, environment, exit), and turns errors into words.
import { enableCompileCache } from "node:module";
import { join } from "node:path";

import { plain } from "./cli/plain-text.ts";
import { type Terminal, ownTerminal } from "./cli/terminal.ts";
import { USAGE } from "./usage.ts";
import { UsageError } from "./usage-error.ts";

type Verb = (args: readonly string[]) => Promise<void>;
/** Answers the exit code where it is not 0. */
type TerminalVerb = (args: readonly string[], terminal: Terminal) => Promise<number | void>;

/** Loaded when asked for: `acos up` needs the runtime's simulator, which no other verb should wait for. */
const VERBS: Readonly<Record<string, () => Promise<Verb>>> = {
  up: async () => (await import("./up/command.ts")).runUp,
  login: async () => inTerminal((await import("./cli/login.ts")).login),
  groups: async () => inTerminal((await import("./cli/groups.ts")).groups),
  post: async () => inTerminal((await import("./cli/post.ts")).post),
  tail: async () => inTerminal((await import("./cli/tail.ts")).tail),
  keys: async () => inTerminal((await import("./cli/keys.ts")).keys),
  audit: async () => inTerminal((await import("./cli/audit.ts")).audit),
  search: async () => inTerminal((await import("./cli/search.ts")).search),
  summary: async () => inTerminal((await import("./cli/summary.ts")).summary),
  archive: async () => inTerminal((await import("./cli/archive.ts")).archive),
  restore: async () => inTerminal((await import("./cli/archive.ts")).restore),
  fork: async () => inTerminal((await import("./cli/fork.ts")).fork),
  export: async () => inTerminal((await import("./cli/export-group.ts")).exportGroup),
  import: async () => inTerminal((await import("./cli/import-group.ts")).importGroup),
  jobs: async () => inTerminal((await import("./cli/jobs.ts")).jobs),
  briefing: async () => inTerminal((await import("./cli/briefing.ts")).briefing),
  chat: async () => inTerminal((await import("./cli/chat.ts")).chat),
  doctor: async () => inTerminal((await import("./cli/doctor.ts")).doctor),
  sandboxes: async () => inTerminal((await import("./cli/sandboxes.ts")).sandboxes),
  exec: async () => inTerminal((await import("./cli/exec.ts")).exec),
  cp: async () => inTerminal((await import("./cli/cp.ts")).cp),
  shell: async () => inTerminal((await import("./cli/shell.ts")).shell),
  preview: async () => inTerminal((await import("./cli/preview.ts")).preview),
};

/** A verb that talks to a server; it ends the process when it is done, whatever socket is still closing. */
function inTerminal(verb: TerminalVerb): Verb {
  return async (args) => {
    // What stands after "--" is a command of somebody else's.
    const own = args.slice(0, args.includes("--") ? args.indexOf("--") : args.length);
    if (!own.includes("--help") && !own.includes("-h"))
      process.exit((await verb(args, ownTerminal())) ?? 0);
    process.stdout.write(USAGE);
    process.exit(0);
  };
}

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

/** Errors whose text is for the user; by name, so that no verb loads what only another one needs. */
const SPOKEN: ReadonlySet<string> = new Set(["UsageError", "RefusedStart", "RequestProblem"]);

// The simulator is six megabytes of source; compiled once, every later start is a third of a second shorter.
enableCompileCache(join(import.meta.dirname, "../../../node_modules/.cache/acos"));

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof Error) || !SPOKEN.has(error.name)) throw error;
  process.stderr.write(`acos: ${plain(error.message)}\n`);
  process.exit(error instanceof UsageError ? 2 : 1);
}
