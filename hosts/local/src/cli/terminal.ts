// What the verbs need of the world they run in; tests give them another one.
import type { Readable, Writable } from "node:stream";

export interface Terminal {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly input: Readable & { readonly isTTY?: boolean };
  readonly output: Writable & { readonly isTTY?: boolean };
  /** Where a command's own errors go, and what is not part of an output. */
  readonly errors: Writable;
  /** Contract: settles when the user wants to leave (Ctrl+C, or a signal). */
  readonly interrupted: Promise<void>;
}

/** The terminal this process was started in. */
export function ownTerminal(): Terminal {
  const interrupted = Promise.withResolvers<void>();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.once(name, () => interrupted.resolve());
  // A reader that goes away (`acos tail | head`) ends the verb like Ctrl+C.
  process.stdout.once("error", () => interrupted.resolve());
  return {
    environment: process.env,
    input: process.stdin,
    output: process.stdout,
    errors: process.stderr,
    interrupted: interrupted.promise,
  };
}
