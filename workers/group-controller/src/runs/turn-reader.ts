// Reading a turn's stream: lines to parts, growth to the drafts, the whole response gathered for the log.
import {
  parse,
  parseJson,
  problem,
  ProblemError,
  turnPartSchema,
  TURN_STALL_MS,
  type Problem,
  type TurnPart,
} from "@acos/protocol";

import { linesOf } from "../stream-lines.ts";

export type ToolCallPart = Extract<TurnPart, { type: "tool-call" }>;
type GrowthPart = Extract<TurnPart, { type: "text" | "reasoning" }>;
type FinishPart = Extract<TurnPart, { type: "finish" }>;

/** One whole response, or why there is none. `lost`: the stream stopped without saying so. */
export type TurnRead =
  | {
      readonly ok: true;
      readonly finish: FinishPart;
      readonly model: string;
      readonly calls: readonly ToolCallPart[];
    }
  | { readonly ok: false; readonly problem: Problem; readonly lost: boolean };

/** Contract of `grow`: takes text as it comes; false ends the turn because it says too much. */
export type Grow = (part: GrowthPart) => boolean;

/** Reads a turn's stream to its end. Never throws for what the stream says or fails to say. */
export async function readTurn(stream: ReadableStream<Uint8Array>, grow: Grow): Promise<TurnRead> {
  const calls: ToolCallPart[] = [];
  let model = "";
  try {
    for await (const line of linesOf(stream, READING)) {
      const part = readPart(line);
      if (part.type === "start") ({ model } = part);
      else if (part.type === "tool-call") calls.push(part);
      else if (part.type === "finish") return { ok: true, finish: part, model, calls };
      else if (part.type === "failure") return { ok: false, problem: part.problem, lost: false };
      else if (part.type !== "beat" && !grow(part))
        return { ok: false, problem: TOO_LONG, lost: false };
    }
  } catch (error) {
    if (error instanceof ProblemError) return { ok: false, problem: error.problem, lost: false };
    return { ok: false, problem: BROKEN, lost: true };
  }
  return { ok: false, problem: BROKEN, lost: true };
}

const BROKEN = problem(
  "unavailable",
  "The link to the Agents Worker broke in the middle of the answer.",
);
const TOO_LONG = problem(
  "over_cap",
  "The answer grew past what one message may hold, and was ended.",
);
const STALLED = problem(
  "provider_timeout",
  `Nothing came for ${TURN_STALL_MS / 1000} s, so the turn was ended.`,
);

const READING = { stallMs: TURN_STALL_MS, stalled: () => new ProblemError(STALLED) };

/** Text comes once a token: it is read without a schema, every other part with it. */
function readPart(line: string): TurnPart {
  const value = parseJson(line, "A part of the turn's stream");
  if (isGrowth(value)) return value;
  return parse(turnPartSchema, value, "A part of the turn's stream");
}

function isGrowth(value: unknown): value is GrowthPart {
  const part = value as Partial<GrowthPart> | null;
  return (
    (part?.type === "text" || part?.type === "reasoning") &&
    typeof part.text === "string" &&
    Number.isInteger(part.part) &&
    part.part! >= 0 &&
    part.part! < PARTS_MAX
  );
}

/** Parts of one response: far more than any model makes, few enough to keep a list of. */
const PARTS_MAX = 256;
