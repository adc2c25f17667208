// What went wrong at a model provider, as a Problem a person can act on, with nothing secret in it.
import { UnreachableError } from "@acos/egress";
import { APICallError } from "@ai-sdk/provider";
import { problem, ProblemError, type Problem } from "@acos/protocol";

import { withoutValues } from "../secrets/hidden-values.ts";

/** A provider's own words kept in a Problem. */
const WORDS_MAX_CHARS = 300;
/** A provider that asks for a longer pause is not waited for. */
const RETRY_AFTER_MAX_MS = 60 * 60_000;

/** What came with a refusal is looked at up to here. */
const DATA_MAX_CHARS = 2_000;
/** What providers call a prompt that is too long, by code or in words. */
const TOO_LONG =
  /context.?(?:length|window|size|limit)|maximum context|(?:prompt|input|request|message)s? (?:is|are) too (?:long|large)|too many (?:input )?tokens|input token count|reduce the length/i;

/** Shorter keys are placeholders for servers that need none; taking them out would eat letters. */
const SECRET_MIN_CHARS = 6;

export interface FailureContext {
  readonly provider: string;
  readonly model: string;
  readonly secrets: readonly string[];
}

/** Thrown for what a provider sent that is no whole response; its message is ours and safe to show. */
export class ProviderAnswerError extends Error {
  override readonly name = "ProviderAnswerError";
}

/** The Problem of anything a provider call threw or carried in its stream. Never quotes an API key. */
export function providerProblem(error: unknown, context: FailureContext): Problem {
  if (error instanceof ProblemError) return error.problem;
  if (error instanceof ProviderAnswerError)
    return problem("provider_failed", `${context.provider} ${error.message}`);
  if (error instanceof UnreachableError)
    return problem(
      "provider_failed",
      `${context.provider}: ${error.message}. Try again in a while.`,
    );
  if (APICallError.isInstance(error) && error.statusCode !== undefined && error.statusCode >= 300)
    return refusedCall(error, error.statusCode, context);
  return brokenStream(error, context);
}

function refusedCall(error: APICallError, status: number, context: FailureContext): Problem {
  const { provider, model } = context;
  const words = quoted(error.message, context);
  const said = `(HTTP ${status}${words})`;
  if (status === 413 || (status === 400 && isTooLong(error))) return tooLong(said, context);
  if (status === 401 || status === 403)
    return problem(
      "provider_refused",
      `${provider} refused the API key ${said}. Check it in Settings → Models.`,
    );
  if (status === 404)
    return problem("provider_refused", `${provider} does not know the model ${model} ${said}.`);
  if (status === 429)
    return problem("provider_rate_limited", `${provider} takes no more requests for now ${said}.`, {
      ...retryAfter(error.responseHeaders ?? {}),
    });
  if (status >= 500 || status === 408)
    return problem("provider_failed", `${provider} failed ${said}. Try again in a while.`);
  return problem("provider_refused", `${provider} did not take the request ${said}.`);
}

/** By the provider's words, or by the code that came with them. */
function isTooLong({ message, data }: APICallError): boolean {
  return TOO_LONG.test(`${message} ${JSON.stringify(data ?? "").slice(0, DATA_MAX_CHARS)}`);
}

function tooLong(said: string, { provider, model }: FailureContext): Problem {
  return problem(
    "provider_refused",
    `${provider} did not take the request: it is longer than ${model} reads at once ${said}. Lower the briefing size in the group's settings, or choose a model that reads more.`,
  );
}

/** An error inside a stream, or a connection that failed: providers agree on little more than a type or a code. */
function brokenStream(error: unknown, context: FailureContext): Problem {
  const { message, kind } = describe(error);
  const words = quoted(message, context);
  if (/rate.?limit|too.?many|overloaded|^429$/i.test(kind))
    return problem(
      "provider_rate_limited",
      `${context.provider} takes no more requests for now${words}.`,
    );
  if (TOO_LONG.test(kind) || TOO_LONG.test(message))
    return tooLong(`(${words.slice(2) || kind})`, context);
  return problem(
    "provider_failed",
    `${context.provider} could not be reached or broke off its answer${words}. Try again in a while.`,
  );
}

function describe(error: unknown): { message: string; kind: string } {
  if (typeof error === "string") return { message: error, kind: "" };
  if (typeof error !== "object" || error === null) return { message: "", kind: "" };
  const { message, type, code } = error as Readonly<Record<string, unknown>>;
  return {
    message: typeof message === "string" ? message : "",
    kind: [type, code]
      .filter((value) => typeof value === "string" || typeof value === "number")
      .join(" "),
  };
}

/** The provider's words after a colon, cleaned and cut; nothing when it said nothing. */
function quoted(text: string, { secrets }: FailureContext): string {
  const clean = withoutValues(text, secrets, { minChars: SECRET_MIN_CHARS, note: "[key]" })
    .replace(/\b(?:sk|pk|rk|key|gsk|xai|AIza)[-_][\w*.-]{6,}/g, "[key]")
    .replace(/\b(Bearer|Basic)\s+\S+/gi, "$1 [key]")
    // Long runs without a break are keys, hashes or encoded data: nothing a person reads.
    .replace(/[\w+/=*-]{40,}/g, "[…]")
    .replace(/\s+/g, " ")
    .trim()
    .replace(/\.+$/, "");
  if (clean === "") return "";
  return `: ${clean.length > WORDS_MAX_CHARS ? `${clean.slice(0, WORDS_MAX_CHARS - 1)}…` : clean}`;
}

function retryAfter(headers: Readonly<Record<string, string>>): { retryAfterMs?: number } {
  const precise = Number(headers["retry-after-ms"]);
  const seconds = Number(headers["retry-after"]);
  const ms = precise > 0 ? precise : seconds > 0 ? seconds * 1000 : undefined;
  return ms === undefined ? {} : { retryAfterMs: Math.round(Math.min(ms, RETRY_AFTER_MAX_MS)) };
}
