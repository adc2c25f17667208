// POST /turns: one model response to one briefing, streamed back as it comes. Keeps nothing.
import {
  decodeUtf8,
  parse,
  parseJson,
  problem,
  ProblemError,
  TURN_STREAM_TYPE,
  TURN_STALL_MS,
  turnRequestSchema,
  type AgentVersion,
  type Briefing,
  type Problem,
  type Usage,
} from "@acos/protocol";
import { requireWithinCaps, TrustError, type Caps } from "@acos/trust";

import { requireSpeaksFor, type Caller } from "./authenticate.ts";
import type { ModelCall, ModelPart, ResolvedModel } from "./models/model.ts";
import { providerProblem } from "./models/provider-failure.ts";
import { resolveModel } from "./models/resolve-model.ts";
import { estimateCall } from "./models/token-estimate.ts";
import { composeCall } from "./prompt.ts";
import type { Services } from "./services.ts";
import type { Amount, Spending } from "./spending-meter.ts";
import { budgetOf } from "./turn-budget.ts";
import { TurnRelay } from "./turn-relay.ts";
import { TurnStream } from "./turn-stream.ts";

const MILLIONTHS_PER_DOLLAR = 1_000_000;

interface Turn {
  readonly briefing: Briefing;
  readonly caps: Caps;
  readonly spending: Spending;
  readonly services: Services;
  readonly stream: TurnStream;
  readonly abort: AbortController;
}

/**
 * Answers with the turn's stream. Throws ProblemError or TrustError for a body that is no turn of the caller's, and where
 * its certificate is used up; whatever fails after that is the stream's last part.
 */
export function handleTurn(caller: Caller, signal: AbortSignal, services: Services): Response {
  const { briefing } = parse(turnRequestSchema, readBody(caller.body), "The turn");
  const { org, group, run, agent } = briefing;
  const { caps } = caller.certificate;
  requireSpeaksFor(caller, { org, group, run, pin: agent.pin });
  requireWithinCaps(caps, { agent: agent.pin.agent });
  const spending = services.meter.begin(caller.keyId, caller.certificate);
  const abort = new AbortController();
  signal.addEventListener("abort", () => abort.abort(), { once: true });
  const stream = new TurnStream({
    clock: services.clock,
    onCancel: () => abort.abort(),
    onStall: () => {
      stream.end({ type: "failure", problem: stalled(agent.pin.model) });
      abort.abort();
    },
  });
  void runTurn({ briefing, caps, spending, services, stream, abort });
  return new Response(stream.body, { headers: { "content-type": TURN_STREAM_TYPE } });
}

function readBody(body: Uint8Array): unknown {
  return parseJson(decodeUtf8(body, "The turn"), "The turn");
}

/** Never rejects: a failure ends the stream with words. */
async function runTurn(turn: Turn): Promise<void> {
  const { briefing, services, stream } = turn;
  const { pin } = briefing.agent;
  let resolved: ResolvedModel | undefined;
  try {
    stream.write({ type: "start", model: pin.model });
    const version = await services.versions.agent(pin, services.keepAlive);
    resolved = await resolveModel(pin, services.modelSources);
    const call = modelCall(turn, { version, resolved });
    await relay(turn, { resolved, call, version });
  } catch (error) {
    const context = {
      provider: resolved?.provider ?? pin.model,
      model: pin.model,
      secrets: resolved?.secrets ?? [],
    };
    stream.end({ type: "failure", problem: turnProblem(error, context, services) });
  }
}

/** The call within the certificate's caps: tools it does not name are not offered, output ends where tokens or money do. */
function modelCall(turn: Turn, { version, resolved }: Omit<Calling, "call">): ModelCall {
  const { briefing, caps, spending, abort } = turn;
  const tools = version.tools.filter(({ name }) => caps.tools?.includes(name) ?? true);
  const call = composeCall(briefing, { ...version, tools });
  const wished = version.maxOutputTokens;
  const { maxOutputTokens, worst } = budgetOf(call, {
    left: spending.left(),
    price: resolved.price,
    ...(wished !== undefined && { wished }),
  });
  spending.reserve(worst);
  return {
    ...call,
    ...(maxOutputTokens !== undefined && { maxOutputTokens }),
    ...(version.temperature !== undefined && { temperature: version.temperature }),
    abortSignal: abort.signal,
  };
}

interface Calling {
  readonly resolved: ResolvedModel;
  readonly call: ModelCall;
  readonly version: AgentVersion;
}

async function relay(turn: Turn, { resolved, call, version }: Calling): Promise<void> {
  const { stream, abort, spending } = turn;
  const turnRelay = new TurnRelay({
    tools: version.tools,
    price: resolved.price,
    estimateInput: () => estimateCall(call),
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

function turnProblem(
  error: unknown,
  context: Parameters<typeof providerProblem>[1],
  services: Services,
): Problem {
  if (error instanceof ProblemError || error instanceof TrustError) return error.problem;
  const found = providerProblem(error, context);
  services.log("turn failed", { code: found.code, model: context.model });
  return found;
}

function stalled(model: string): Problem {
  const seconds = TURN_STALL_MS / 1000;
  return problem(
    "provider_timeout",
    `${model} has said nothing for ${seconds} seconds. Try again in a while.`,
  );
}
