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
} from "@acos/protocol";
import { requireWithinCaps, TrustError, type Caps } from "@acos/trust";

import { requireSpeaksFor, type Caller } from "./authenticate.ts";
import type { ModelCall, ResolvedModel } from "./models/model.ts";
import { providerProblem } from "./models/provider-failure.ts";
import { resolveModel } from "./models/resolve-model.ts";
import { estimateCall } from "./models/token-estimate.ts";
import { composeCall } from "./prompt.ts";
import type { Services } from "./services.ts";
import { TurnRelay } from "./turn-relay.ts";
import { TurnStream } from "./turn-stream.ts";

interface Turn {
  readonly briefing: Briefing;
  readonly caps: Caps;
  readonly services: Services;
  readonly stream: TurnStream;
  readonly abort: AbortController;
}

/**
 * Answers with the turn's stream. Throws ProblemError or TrustError for a body that is no turn of the caller's; whatever
 * fails after that is the stream's last part.
 */
export function handleTurn(caller: Caller, signal: AbortSignal, services: Services): Response {
  const { briefing } = parse(turnRequestSchema, readBody(caller.body), "The turn");
  const { org, group, run, agent } = briefing;
  requireSpeaksFor(caller, { org, group, run, pin: agent.pin });
  requireWithinCaps(caller.certificate.caps, { agent: agent.pin.agent });
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
  void runTurn({ briefing, caps: caller.certificate.caps, services, stream, abort });
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
    const call = modelCall(turn, version);
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

/** The call within the certificate's caps: tools it does not name are not offered, output ends where the tokens do. */
function modelCall({ briefing, caps, abort }: Turn, version: AgentVersion): ModelCall {
  const tools = version.tools.filter(({ name }) => caps.tools?.includes(name) ?? true);
  const call = composeCall(briefing, { ...version, tools });
  const left =
    (caps.maxTokensPerTurn ?? Infinity) -
    (caps.maxTokensPerTurn === undefined ? 0 : estimateCall(call));
  if (left <= 0) throw new TrustError("session-certificate", "over_cap", "maxTokensPerTurn");
  const maxOutputTokens = Math.min(version.maxOutputTokens ?? Infinity, left);
  return {
    ...call,
    ...(Number.isFinite(maxOutputTokens) && { maxOutputTokens }),
    ...(version.temperature !== undefined && { temperature: version.temperature }),
    abortSignal: abort.signal,
  };
}

interface Calling {
  readonly resolved: ResolvedModel;
  readonly call: ModelCall;
  readonly version: AgentVersion;
}

async function relay({ stream, abort }: Turn, { resolved, call, version }: Calling): Promise<void> {
  const response = await resolved.model.doStream(call);
  const turnRelay = new TurnRelay({
    tools: version.tools,
    price: resolved.price,
    estimateInput: () => estimateCall(call),
    write: (part) => stream.write(part),
  });
  const reader = response.stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      stream.heard();
      turnRelay.take(value);
    }
    stream.end(turnRelay.end());
  } finally {
    abort.abort();
    // The provider's connection is released whatever happened; that it may be gone already is fine.
    reader.cancel().catch(() => undefined);
  }
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
