// `acos chat`: talking in a group from the terminal. Lines go in, answers stream out; Ctrl+C leaves.
// With input from a pipe it leaves by itself once everything said was heard and the agents have answered.
import { clearLine, createInterface, cursorTo, type Interface } from "node:readline";

import { type GroupConnection, type Snapshot, openRuns } from "@acos/client";
import type { Command } from "@acos/protocol";

import { parseArguments } from "./arguments.ts";
import { findGroup } from "./find-group.ts";
import { follow } from "./follow.ts";
import { openSession } from "./session.ts";
import type { Terminal } from "./terminal.ts";
import { Transcript } from "./transcript.ts";

const SHAPE = { verb: "chat", usage: "acos chat GROUP", options: {}, words: [1, 1] } as const;

/** Runs until the user leaves. Throws with words when the group cannot be entered, or lets the user in no more. */
export async function chat(args: readonly string[], terminal: Terminal): Promise<void> {
  const [named = ""] = parseArguments(args, SHAPE).words;
  const { api, options } = openSession(terminal);
  const group = await findGroup(api, named);
  const { members, name, head } = await api.call("getGroup", { params: { id: group } });
  const transcript = new Transcript(members);
  const screen = new Screen(terminal);
  screen.write(`${name}: type to talk, /approve, /deny or /stop, Ctrl+C leaves\n`);
  const quiet = new Quiet();
  const { connection, failed } = follow({
    ...options,
    group,
    // What was said before is read in the web app; the terminal begins here.
    since: head,
    onEvent: (entry) => screen.write(transcript.take(entry)),
    onDelta: (delta) => screen.write(transcript.grow(delta)),
    onChange: (snapshot) => quiet.look(snapshot),
  });
  const say = (line: string) => {
    const commands = commandsFor(line, connection.snapshot);
    if (commands.length === 0) screen.write("· there is nothing to do that to\n");
    for (const command of commands) void quiet.after(give(command, connection, screen), connection);
  };
  const leaving = screen.lines(say);
  try {
    await Promise.race([
      terminal.interrupted,
      failed,
      leaving.then((byHand) => (byHand ? undefined : quiet.promise(connection))),
    ]);
  } finally {
    screen.close();
    connection.close();
  }
}

async function give(command: Command, connection: GroupConnection, screen: Screen): Promise<void> {
  try {
    await connection.send(command);
  } catch (error) {
    screen.write(`· refused: ${error instanceof Error ? error.message : String(error)}\n`);
  }
}

/** What a typed line asks the group for: words that begin with a slash are for runs and approvals, all else is said. */
export function commandsFor(line: string, { view }: Pick<Snapshot, "view">): Command[] {
  const calls = [...view.calls.values()].filter(
    ({ state, approval }) => state === "waiting" && approval !== undefined,
  );
  const decide = (decision: "approve" | "deny") =>
    calls
      .slice(0, 1)
      .flatMap(({ approval }): Command[] =>
        approval === undefined ? [] : [{ kind: "approval-decide", approval, decision }],
      );
  if (line === "/approve") return decide("approve");
  if (line === "/deny") return decide("deny");
  if (line === "/stop") return openRuns(view.runs).map(({ run }) => ({ kind: "run-cancel", run }));
  return [{ kind: "message-post", parts: [{ type: "text", text: line }] }];
}

/** Knows when nothing is on its way any more: no command unanswered, no run open. */
class Quiet {
  #unanswered = 0;
  #wanted: ((value: undefined) => void) | undefined;

  /** Counts a command until its answer. The runs it asks for are in the log before the answer is. */
  async after(answered: Promise<void>, connection: GroupConnection): Promise<void> {
    this.#unanswered += 1;
    await answered;
    this.#unanswered -= 1;
    this.look(connection.snapshot);
  }

  look({ state, view }: Snapshot): void {
    const busy = this.#unanswered > 0 || state.name !== "live" || openRuns(view.runs).length > 0;
    if (!busy) this.#wanted?.(undefined);
  }

  async promise(connection: GroupConnection): Promise<undefined> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#wanted = resolve;
    this.look(connection.snapshot);
    return promise;
  }
}

/** The terminal's two directions in one place, so that what arrives does not tear what is being typed. */
class Screen {
  readonly #terminal: Terminal;
  #lines: Interface | undefined;
  #atLineStart = true;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  write(text: string): void {
    if (text === "") return;
    const { output } = this.#terminal;
    const typing = this.#lines !== undefined && output.isTTY === true;
    if (typing && this.#atLineStart) {
      cursorTo(output, 0);
      clearLine(output, 0);
    }
    output.write(text);
    this.#atLineStart = text.endsWith("\n");
    if (typing && this.#atLineStart) this.#lines?.prompt(true);
  }

  /** Calls back for every line that holds something. Resolves at the end of the input: true when the user ended it by hand. */
  async lines(onLine: (line: string) => void): Promise<boolean> {
    const { input, output } = this.#terminal;
    const byHand = input.isTTY === true;
    const lines = createInterface({
      input,
      output,
      terminal: byHand && output.isTTY === true,
      prompt: "> ",
    });
    this.#lines = lines;
    const ended = Promise.withResolvers<boolean>();
    lines.on("line", (line) => line.trim() !== "" && onLine(line.trim()));
    lines.on("close", () => ended.resolve(byHand));
    if (byHand) lines.prompt();
    return ended.promise;
  }

  close(): void {
    const lines = this.#lines;
    this.#lines = undefined;
    lines?.close();
    if (!this.#atLineStart || this.#terminal.output.isTTY === true)
      this.#terminal.output.write("\n");
  }
}
