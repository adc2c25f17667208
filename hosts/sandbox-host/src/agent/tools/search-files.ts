// search_files: lines that match a pattern. The pattern is a model's and may never come to an end: it runs in a thread that is
// ended when its time is over.
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";

import { resolvePath, shownPath } from "../files/paths.ts";
import { ToolRefusal } from "./arguments.ts";
import { plural } from "./clip.ts";
import type { SearchAnswer, SearchQuestion } from "./search-worker.ts";
import type { ToolWork } from "./tool.ts";

/** A large workspace is walked in less. The thread looks at the clock itself, between files … */
const DEADLINE_MS = 10_000;
/** … so that only one that hangs in a pattern is ended with nothing. */
const GRACE_MS = 2_000;

export const searchFiles: ToolWork<"search_files"> = async (given, { environment, signal }) => {
  const { place } = environment;
  const root = resolvePath(place, given.path);
  try {
    // The same program without the flag that a match is not wanted for: words for a wrong pattern come from here.
    RegExp(given.pattern, "u");
  } catch (error) {
    if (!compiles(given.pattern))
      throw new ToolRefusal(`The pattern is no regular expression: ${reason(error)}`);
  }
  const { pattern, glob, limit } = given;
  const answer = await ask({ root, pattern, glob, limit }, signal);
  const shown = shownPath(place, root);
  if (answer.missing === true) throw new ToolRefusal(`There is no file or folder ${shown}.`);
  const notes = [
    ...(answer.hits.length === limit ? [`the first ${limit} hits; there may be more`] : []),
    ...(answer.inTime
      ? []
      : ["the time was over before all was searched: narrow it by path or glob"]),
    ...(answer.skipped > 0
      ? [`${plural(answer.skipped, "file")} binary or too large, not searched`]
      : []),
  ];
  const end = `[${plural(answer.files, "file")} searched${notes.map((note) => `; ${note}`).join("")}]`;
  const lines = answer.hits.map(
    ({ path, line, text }) => `${shownPath(place, path)}:${line}: ${text}`,
  );
  return { text: lines.length === 0 ? `No hit. ${end}` : `${lines.join("\n")}\n${end}` };
};

function compiles(pattern: string): boolean {
  try {
    RegExp(pattern);
    return true;
  } catch {
    return false;
  }
}

const reason = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** The agent's own file, which a worker thread runs as a search. */
const SELF = process.argv[1] ?? fileURLToPath(import.meta.url);

async function ask(question: SearchQuestion, signal: AbortSignal): Promise<SearchAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<SearchAnswer>();
  const worker = new Worker(SELF, {
    workerData: { ...question, deadlineMs: DEADLINE_MS },
    stdin: false,
    resourceLimits: { maxOldGenerationSizeMb: 256 },
    env: {},
  });
  const tooLong = () =>
    reject(
      new ToolRefusal(
        `The search was ended after ${DEADLINE_MS / 1_000} seconds: the pattern takes too long on some line. Use one without nested repetitions.`,
      ),
    );
  const deadline = setTimeout(tooLong, DEADLINE_MS + GRACE_MS);
  const cancelled = () => reject(new ToolRefusal("The call was cancelled."));
  signal.addEventListener("abort", cancelled, { once: true });
  worker.once("message", resolve);
  worker.once("error", reject);
  try {
    return await promise;
  } finally {
    clearTimeout(deadline);
    signal.removeEventListener("abort", cancelled);
    worker.on("error", () => undefined);
    void worker.terminate();
  }
}
