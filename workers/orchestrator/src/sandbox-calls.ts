// Requests to what runs in a sandbox: they go to the group's object, which decides, signs and sends them on.
import {
  GROUP_ORIGIN,
  PRINCIPAL_HEADER,
  problem,
  ProblemError,
  problemSchema,
  type GroupId,
  type Principal,
  type Problem,
  type SandboxId,
} from "@acos/protocol";

import type { ControlPlane } from "./control-plane.ts";
import { groupStub } from "./group-calls.ts";
import { logError } from "./log.ts";

export interface SandboxAsk {
  readonly group: GroupId;
  readonly sandbox: SandboxId;
  readonly principal: Principal;
  readonly method: string;
  /** A path of the in-sandbox agent with its query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | ReadableStream<Uint8Array> | null;
  readonly signal?: AbortSignal;
}

/**
 * Asks once: what a command does is not done twice. Answers what succeeded, unread. Throws ProblemError with the refusal of
 * the group, the host or the sandbox, `unavailable` where the group did not answer, and the signal's reason where that came.
 */
export async function askSandbox(plane: ControlPlane, ask: SandboxAsk): Promise<Response> {
  const { group, sandbox, method, path, headers, body, signal } = ask;
  const url = `${GROUP_ORIGIN}/sandboxes/${sandbox}${path}`;
  const sent = { ...headers, [PRINCIPAL_HEADER]: asHeader(ask.principal) };
  const init = { method, headers: sent, body: body ?? null, ...(signal && { signal }) };
  const answer = await fetchGroup(plane, group, new Request(url, init));
  if (answer.status < 400) return answer;
  throw new ProblemError(await refusalIn(answer));
}

/** Sends a request to a group's object. Throws ProblemError `unavailable` where it did not answer. */
export async function fetchGroup(
  plane: ControlPlane,
  group: GroupId,
  request: Request,
): Promise<Response> {
  try {
    return await groupStub(plane.groups, group).fetch(request);
  } catch (error) {
    if (request.signal.aborted) throw request.signal.reason;
    logError("a group did not take a request to a sandbox", error, { group });
    const words = "The group did not answer. Look whether it was done, then ask again.";
    throw new ProblemError(problem("unavailable", words, { retryAfterMs: 1000 }));
  }
}

/** A value as JSON that every header can carry: beyond ASCII it is escaped. */
export function asHeader(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** A refusal is words, and few; more is not read from a sandbox. */
const REFUSAL_MAX_BYTES = 64 * 1024;

async function refusalIn(answer: Response): Promise<Problem> {
  const found = problemSchema.safeParse(await jsonIn(answer));
  if (found.success) return found.data;
  if (answer.status === RANGE_NOT_THERE)
    return problem("invalid_request", "The file is shorter than the Range that was asked for.");
  const words = `The sandbox answered ${answer.status} without saying why. Try again; stop the sandbox if it goes on.`;
  return problem("sandbox_failed", words);
}

const RANGE_NOT_THERE = 416;

async function jsonIn(answer: Response): Promise<unknown> {
  try {
    const text = await readBounded(answer);
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    // No JSON, or it broke off: its status is all that it says.
    return undefined;
  }
}

/** A short answer as text; undefined where it is longer than a refusal. */
async function readBounded({ body }: Response): Promise<string | undefined> {
  if (!body) return "";
  const decoder = new TextDecoder();
  let text = "";
  for await (const piece of body as ReadableStream<Uint8Array>) {
    text += decoder.decode(piece, { stream: true });
    if (text.length > REFUSAL_MAX_BYTES) return undefined;
  }
  return text;
}
