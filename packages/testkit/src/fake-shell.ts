// The few commands a fake sandbox knows: true, false, echo, cat, sleep, exit, rm; joined by `;` and `&&`, redirected by > and >>.
import type { SandboxClock } from "./fake-clock.ts";

export interface ShellWorld {
  readonly files: Map<string, Uint8Array>;
  readonly clock: SandboxClock;
  readonly signal: AbortSignal;
  readonly input: string;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const bytes = (of: string) => new TextEncoder().encode(of);
const unquoted = (word: string) => word.replaceAll(/^(['"])(.*)\1$/g, "$2");

/** Runs a line and answers its code; what is not known is 127, as in a shell. */
export async function runLine(line: string, world: ShellWorld): Promise<number> {
  let code = 0;
  for (const step of line.split(/(?=;|&&)/)) {
    const onSuccess = step.startsWith("&&");
    if (world.signal.aborted) return code;
    if (onSuccess && code !== 0) continue;
    const command = step.replace(/^(?:;|&&)/, "").trim();
    const exits = /^exit(?:\s+(\d+))?$/.exec(command);
    if (exits) return exits[1] === undefined ? code : Number(exits[1]);
    if (command !== "") code = await runRedirected(command, world);
  }
  return code;
}

async function runRedirected(command: string, world: ShellWorld): Promise<number> {
  const toErrors = /^(.*?)\s*(?:1?>&2)$/.exec(command);
  if (toErrors) return runOne(toErrors[1] ?? "", { ...world, out: world.err });
  const toFile = /^(.*?)\s*(>>?)\s*(\S+)$/.exec(command);
  if (!toFile) return runOne(command, world);
  const [, inner = "", how, path = ""] = toFile;
  let written = how === ">>" ? text(world.files.get(path) ?? new Uint8Array()) : "";
  const out = (more: string) => (written += more);
  const code = await runOne(inner, { ...world, out });
  world.files.set(path, bytes(written));
  return code;
}

async function runOne(command: string, world: ShellWorld): Promise<number> {
  const { files, out, err, clock, signal } = world;
  const [name = "", ...words] = command.split(/\s+/).map(unquoted);
  switch (name) {
    case "true":
      return 0;
    case "false":
      return 1;
    case "echo":
      out(`${words.join(" ")}\n`);
      return 0;
    case "sleep":
      await clock.sleep(Number(words[0] ?? 0) * 1_000, signal);
      return 0;
    case "rm":
      return words.every((path) => files.delete(path)) ? 0 : 1;
    case "cat":
      return cat(words, world);
    default:
      err(`${name}: command not found\n`);
      return 127;
  }
}

function cat(paths: readonly string[], { files, input, out, err }: ShellWorld): number {
  if (paths.length === 0) out(input);
  for (const path of paths) {
    const found = files.get(path);
    if (found === undefined) {
      err(`cat: ${path}: No such file or directory\n`);
      return 1;
    }
    out(text(found));
  }
  return 0;
}
