// One call of a pinned version's model, streamed back as it comes: what /turns and /summaries share. Keeps nothing.
//
//   meter.begin ──▶ start ──▶ version ──▶ compose ──▶ reserve ──▶ model ──▶ parts … ──▶ finish | failure ──▶ settle
import {
  problem,
  ProblemError,
  TURN_STREAM_TYPE,
  TURN_STALL_MS,
  type AgentPin,
  type AgentVersion,
  type Problem,
  type ToolConfig,
  type Usage,
} from "@acos/protocol";
import { requireWithinCaps, TrustError } from "@acos/trust";

import type { Caller } from "./authenticate.ts";
import type { ModelCall, ModelPart, ResolvedModel } from "./models/model.ts";
import { providerProblem } from "./models/provider-failure.ts";
import { resolveModel } from "./models/resolve-model.ts";
import { estimateCall } from "./models/token-estimate.ts";
import type { Services } from "./services.ts";
import type { Amount, Spending } from "./spending-meter.ts";
import { budgetOf } from "./turn-budget.ts";
import { TurnRelay } from "./turn-relay.ts";
import { TurnStream } from "./turn-stream.ts";

const MILLIONTHS_PER_DOLLAR = 1_000_000;

/** What a model is called with, before the certificate's caps have cut the length of its answer. */
export interface ComposedCall extends Pick<
  ModelCall,
  "prompt" | "tools" | "maxOutputTokens" | "temperature"
> {
  /** The tools that a call of the model's is judged by. */
  readonly judgedBy: readonly ToolConfig[];
}

/** What a request wants of a model. */
export interface Wanted {
  /** Whose version and model serve. */
  readonly pin: AgentPin;
  /** Contract: pure; runs once, with the version that the pin names. */
  readonly compose: (version: AgentVersion) => ComposedCall;
  readonly signal: AbortSignal;
}

interface Work {
  readonly wanted: Wanted;
  readonly spending: Spending;
  readonly services: Services;
  readonly stream: TurnStream;
  readonly abort: AbortController;
}

/**
 * Answers with the call's stream. Throws ProblemError or TrustError where the certificate does not cover the agent or is used
 * up; whatever fails after that is the stream's last part. That the body speaks for the caller was checked before.
 */
export function streamCall(caller: Caller, wanted: Wanted, services: Services): Response {
  const { pin, signal } = wanted;
  requireWithinCaps(caller.certificate.caps, { agent: pin.agent });
  const spending = services.meter.begin(caller.keyId, caller.certificate);
  const abort = new AbortController();
  signal.addEventListener("abort", () => abort.abort(), { once: true });
  const stream = new TurnStream({
    clock: services.clock,
    onCancel: () => abort.abort(),
    onStall: () => {
      stream.end({ type: "failure", problem: stalled(pin.model) });
      abort.abort();
    },
  });
  void run({ wanted, spending, services, stream, abort });
  return new Response(stream.body, { headers: { "content-type": TURN_STREAM_TYPE } });
}

/** Never rejects: a failure ends the stream with words. */
async function run(work: Work): Promise<void> {
  const { services, stream, wanted } = work;
  const { pin } = wanted;
  let resolved: ResolvedModel | undefined;
  try {
    stream.write({ type: "start", model: pin.model });
    const version = await services.versions.agent(pin, services.keepAlive);
    resolved = await resolveModel(pin, services.modelSources);
    await relay(work, affordable(work, resolved, wanted.compose(version)));
  } catch (error) {
    const context = {
      provider: resolved?.provider ?? pin.model,
      model: pin.model,
      secrets: resolved?.secrets ?? [],
    };
    stream.end({ type: "failure", problem: problemOf(error, context, services) });
  }
}

interface Calling {
  readonly resolved: ResolvedModel;
  readonly call: ModelCall;
  readonly judgedBy: readonly ToolConfig[];
  readonly estimatedInput: number;
}

/** The call within the certificate's caps: its output ends where tokens or money do, and its worst case is set aside. */
function affordable(
  { spending, abort }: Work,
  resolved: ResolvedModel,
  { judgedBy, maxOutputTokens: wished, ...composed }: ComposedCall,
): Calling {
  const estimatedInput = estimateCall(composed);
  const { maxOutputTokens, worst } = budgetOf(estimatedInput, {
    left: spending.left(),
    price: resolved.price,
    ...(wished !== undefined && { wished }),
  });
  spending.reserve(worst);
  const limit = maxOutputTokens !== undefined && { maxOutputTokens };
  const call = { ...composed, ...limit, abortSignal: abort.signal };
  return { resolved, call, judgedBy, estimatedInput };
}

async function relay(work: Work, calling: Calling): Promise<void> {
  const { stream, abort, spending } = work;
  const { resolved, call, judgedBy, estimatedInput } = calling;
  const turnRelay = new TurnRelay({
    tools: judgedBy,
    price: resolved.price,
    estimatedInput,
    write: (part) => stream.write(part),
  });
  try {
    const response = await resolved.model.doStream(call);
    await pump(response.stream.getReader(), (part) => {
      stream.heard();
      turnRelay.take(part);
    });
    stream.end(turnRelay.end());
  } finally {
    abort.abort();
    spending.settle(amountOf(turnRelay.used()));
  }
}

async function pump(
  reader: ReadableStreamDefaultReader<ModelPart>,
  take: (part: ModelPart) => void,
): Promise<void> {
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      take(value);
    }
  } finally {
    // The provider's connection is released whatever happened; that it may be gone already is fine.
    reader.cancel().catch(() => undefined);
  }
}

function amountOf({ usage, cost }: { readonly usage: Usage; readonly cost: number }): Amount {
  return { tokens: usage.inputTokens + usage.outputTokens, cost: cost * MILLIONTHS_PER_DOLLAR };
}

function problemOf(
  error: unknown,
  context: Parameters<typeof providerProblem>[1],
  services: Services,
): Problem {
  if (error instanceof ProblemError || error instanceof TrustError) return error.problem;
  const found = providerProblem(error, context);
  services.log("model call failed", { code: found.code, model: context.model });
  return found;
}

function stalled(model: string): Problem {
  const seconds = TURN_STALL_MS / 1000;
  return problem(
    "provider_timeout",
    `${model} has said nothing for ${seconds} seconds. Try again in a while.`,
  );
}
