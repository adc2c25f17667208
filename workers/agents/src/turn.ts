// POST /turns: one model response to one briefing, streamed back as it comes.
import {
  decodeUtf8,
  parse,
  parseJson,
  turnRequestSchema,
  type AgentVersion,
  type Briefing,
} from "@acos/protocol";
import type { Caps } from "@acos/trust";

import { requireSpeaksFor, type Caller } from "./authenticate.ts";
import { composeCall } from "./prompt.ts";
import type { Services } from "./services.ts";
import { streamCall, type ComposedCall } from "./streamed-call.ts";

/**
 * Answers with the turn's stream. Throws ProblemError or TrustError for a body that is no turn of the caller's, and where
 * its certificate is used up; whatever fails after that is the stream's last part.
 */
export function handleTurn(caller: Caller, signal: AbortSignal, services: Services): Response {
  const body = parseJson(decodeUtf8(caller.body, "The turn"), "The turn");
  const { briefing } = parse(turnRequestSchema, body, "The turn");
  const { org, group, run, agent } = briefing;
  const { pin } = agent;
  requireSpeaksFor(caller, { org, group, run, pin });
  const { caps } = caller.certificate;
  const compose = (version: AgentVersion) => turnCall(briefing, version, caps);
  return streamCall(caller, { pin, compose, signal }, services);
}

/** The agent's answer to its briefing; tools that the certificate does not name are not offered. */
function turnCall(briefing: Briefing, version: AgentVersion, caps: Caps): ComposedCall {
  const { maxOutputTokens, temperature } = version;
  const tools = version.tools.filter(({ name }) => caps.tools?.includes(name) ?? true);
  return {
    ...composeCall(briefing, { ...version, tools }),
    judgedBy: version.tools,
    ...(maxOutputTokens !== undefined && { maxOutputTokens }),
    ...(temperature !== undefined && { temperature }),
  };
}
