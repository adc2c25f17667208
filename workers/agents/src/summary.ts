// POST /summaries: the next summary of a group from the one before and the messages after it, streamed back as it comes.
import {
  decodeUtf8,
  parse,
  parseJson,
  summaryRequestSchema,
  type SummaryRequest,
} from "@acos/protocol";

import { requireSpeaksFor, type Caller } from "./authenticate.ts";
import type { Services } from "./services.ts";
import { streamCall, type ComposedCall } from "./streamed-call.ts";
import { composeSummary } from "./summary-prompt.ts";

/** Room over the wanted length: models count otherwise than we do … */
const ROOM_FACTOR = 2;
/** … and some think before they write, which providers count as output. */
const ROOM_TOKENS = 1_024;

/**
 * Answers with the summary's stream: the model of the pinned version, our own instructions, no tools. Throws ProblemError or
 * TrustError for a body that is no summary of the caller's, and where its certificate is used up; whatever fails after that is
 * the stream's last part. Whether the text is a summary is the group's to check.
 */
export function handleSummary(caller: Caller, signal: AbortSignal, services: Services): Response {
  const body = parseJson(decodeUtf8(caller.body, "The summary"), "The summary");
  const request = parse(summaryRequestSchema, body, "The summary");
  const { org, group, pin } = request;
  requireSpeaksFor(caller, { org, group, run: null, pin });
  return streamCall(caller, { pin, compose: () => summaryCall(request), signal }, services);
}

/** The agent's own limits of length and temperature are for its answers and do not hold here. */
function summaryCall(request: SummaryRequest): ComposedCall {
  const maxOutputTokens = request.maxTokens * ROOM_FACTOR + ROOM_TOKENS;
  return { ...composeSummary(request), judgedBy: [], maxOutputTokens };
}
