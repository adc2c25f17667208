// The steps of a run as its next turn is told them: the newest whole, older ones with less, the oldest not at all.
import { estimateTokens, type RunStep } from "@acos/protocol";

type StepCall = RunStep["calls"][number];

export interface ToldStep {
  readonly step: RunStep;
  /** Why it is not told as it was; null where it is. */
  readonly reason: string | null;
  readonly tokens: number;
}

export interface ToldSteps {
  readonly told: readonly ToldStep[];
  /** Steps that are not told at all: the oldest ones. */
  readonly leftOut: readonly RunStep[];
}

const OLD_WORDS = "(left out of this briefing: older words of this run)";
/** Arguments that are told of a call whose rest is not, in characters. */
const ARGUMENTS_CHARS = 100;
const REDUCED = "older results of the same run gave way to newer ones";
const CLIPPED = "a result is longer than what is told of one";

const sizes = new WeakMap<RunStep, number>();

/** Estimated tokens of a step as it was. */
export function sizeOf(step: RunStep): number {
  const known = sizes.get(step);
  if (known !== undefined) return known;
  const size = step.calls.reduce((sum, call) => sum + sizeOfCall(call), estimateTokens(step.text));
  sizes.set(step, size);
  return size;
}

/** Fits steps into so many tokens. A call and its result are never parted; the newest step is always told in some form. */
export function fitSteps(steps: readonly RunStep[], tokens: number): ToldSteps {
  const told: ToldStep[] = [];
  let left = tokens;
  for (const step of steps.toReversed()) {
    const fitted = fitStep(step, left);
    if (fitted.tokens > left && told.length > 0) break;
    told.push(fitted);
    left -= fitted.tokens;
  }
  return { told: told.reverse(), leftOut: steps.slice(0, steps.length - told.length) };
}

function fitStep(step: RunStep, room: number): ToldStep {
  const size = sizeOf(step);
  if (size <= room) return { step, tokens: size, reason: isClipped(step) ? CLIPPED : null };
  const reduced = step.calls.map(withoutDetail);
  let tokens = reduced.reduce((sum, call) => sum + sizeOfCall(call), estimateTokens(step.text));
  const wordsFit = tokens <= room;
  const text = wordsFit || step.text === "" ? step.text : OLD_WORDS;
  if (!wordsFit) tokens += estimateTokens(text) - estimateTokens(step.text);
  const calls = step.calls.map((call, index) => {
    const more = sizeOfCall(call) - sizeOfCall(reduced[index]!);
    if (tokens + more > room) return reduced[index]!;
    tokens += more;
    return call;
  });
  return { step: { ...step, text, calls }, tokens, reason: REDUCED };
}

/** A call of which only the beginning of its arguments is told, with a note in place of its result. */
function withoutDetail(call: StepCall): StepCall {
  const { text } = call.result;
  const note = `(left out of this briefing: an older result of this run; read_message ${call.call} reads it)`;
  const json = JSON.stringify(call.arguments);
  return {
    ...call,
    arguments:
      json.length > ARGUMENTS_CHARS
        ? { beginning: json.slice(0, ARGUMENTS_CHARS) }
        : call.arguments,
    result: { ...call.result, text: text.length > note.length ? note : text },
  };
}

function sizeOfCall(call: StepCall): number {
  return (
    estimateTokens(call.tool) +
    estimateTokens(JSON.stringify(call.arguments)) +
    estimateTokens(call.result.text)
  );
}

function isClipped(step: RunStep): boolean {
  return step.calls.some(({ call, result }) =>
    result.text.includes(`characters left out; read_message ${call} `),
  );
}
