// Real pipes for a process. Node's own are sockets, and through those no program can open /dev/stdin, /dev/stdout or
// /dev/stderr by name; a shell even takes one for a login from afar.
import { spawn } from "node:child_process";
import { closeSync, constants, mkdirSync, openSync, rmSync, writeFileSync } from "node:fs";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Names that are made at a time: making them takes a process of its own. */
const BATCH = 24;
const TRIES_MAX = 10;

interface Pipe {
  /** The agent's end. */
  readonly near: Socket;
  /** The process's end: given to it, then closed here. */
  readonly far: number;
}

/** What a process gets as its three streams, and the agent's ends of them. */
export interface Streams {
  /** Undefined where all input there is stands ready already. */
  readonly stdin: Socket | undefined;
  readonly stdout: Socket;
  readonly stderr: Socket;
  /** To be closed here once the process has them. */
  readonly far: readonly [number, number, number];
}

/** Makes pipes by way of named ones, which are removed before anybody can find them. */
export class PipeMaker {
  /** The second one serves where the first is full or closed. */
  readonly #folders: readonly string[];
  #names: string[] = [];
  #count = 0;
  #making: Promise<void> | undefined;

  constructor(state: string) {
    this.#folders = [join(state, "pipes"), join(tmpdir(), `acos-pipes-${process.pid}`)];
  }

  /**
   * Streams for a process whose whole input is known, or one that is written to later (`undefined`). Undefined where the
   * system does not let us make them.
   */
  async streams(input: string | undefined): Promise<Streams | undefined> {
    // Many starts at once share a batch, which may be too small for all of them.
    for (let tries = 0; this.#names.length < 3 && tries < TRIES_MAX; tries += 1)
      await (this.#making ??= this.#make().finally(() => (this.#making = undefined)));
    const [first, output, errors] = this.#names.splice(0, 3);
    if (errors === undefined || output === undefined || first === undefined) return undefined;
    const made: Pipe[] = [];
    try {
      const [out, err] = [openPipe(output, "from"), openPipe(errors, "from")];
      made.push(out, err);
      const pipe = input === undefined ? openPipe(first, "to") : undefined;
      const far = pipe?.far ?? inputFile(first, input ?? "");
      return {
        stdin: pipe?.near,
        stdout: out.near,
        stderr: err.near,
        far: [far, out.far, err.far],
      };
    } catch {
      // No file descriptors or no room left, or somebody removed the names: the caller has another way.
      for (const { near, far } of made) {
        near.destroy();
        closeSync(far);
      }
      return undefined;
    }
  }

  async #make(): Promise<void> {
    for (const folder of this.#folders) {
      const names = Array.from({ length: BATCH }, () => join(folder, `${(this.#count += 1)}`));
      if (!(await makeNamed(folder, names))) continue;
      this.#names.push(...names);
      return;
    }
  }
}

/** Whether all of them were made. */
async function makeNamed(folder: string, names: readonly string[]): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const name of names) rmSync(name, { force: true });
  } catch {
    return false; // A full or closed disk: there is another way.
  }
  const child = spawn("mkfifo", ["-m", "600", ...names], { stdio: "ignore" });
  child.once("error", () => resolve(false));
  child.once("exit", (code) => resolve(code === 0));
  return await promise;
}

function openPipe(name: string, direction: "to" | "from"): Pipe {
  const { O_RDONLY, O_WRONLY, O_NONBLOCK } = constants;
  const reader = openSync(name, O_RDONLY | O_NONBLOCK);
  rmSync(name, { force: true });
  // By the open end: whatever has the name by now, this is our pipe, and opening it waits for nobody.
  const again = (flags: number) => openSync(`/proc/self/fd/${reader}`, flags);
  const writer = again(direction === "from" ? O_WRONLY : O_WRONLY | O_NONBLOCK);
  if (direction === "from")
    return { near: new Socket({ fd: reader, readable: true, writable: false }), far: writer };
  // The process must not get an end that does not wait.
  const far = again(O_RDONLY);
  closeSync(reader);
  return { near: new Socket({ fd: writer, readable: false, writable: true }), far };
}

/** Input as a file without a name: a pipe that has been written and closed could not be opened by name any more. */
function inputFile(name: string, input: string): number {
  rmSync(name, { force: true });
  if (input === "") return openSync("/dev/null", constants.O_RDONLY);
  try {
    writeFileSync(name, input, { mode: 0o600, flag: "wx" });
    return openSync(name, constants.O_RDONLY);
  } finally {
    rmSync(name, { force: true });
  }
}
