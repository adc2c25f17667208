// One tool call at the host: sent once, then followed through broken links until its result, or until nobody knows it.
import {
  problem,
  ProblemError,
  type GroupId,
  type Problem,
  type RunId,
  type SandboxCall,
  type SandboxFrame,
  type ToolResult,
} from "@acos/protocol";

import { pause } from "../runs/pause.ts";
import { readFrames } from "./call-frames.ts";
import { problemOfResponse, type HostRequest, type SandboxLink } from "./sandbox-link.ts";
import { isProblem, type Start } from "./sandbox-port.ts";

/** A call as the log has dispatched it, with the digest it was journalled under. */
export interface WantedCall extends SandboxCall {
  readonly group: GroupId;
  readonly digest: string;
}

export type CallOutcome =
  | { readonly kind: "result"; readonly result: ToolResult; readonly port: number | null }
  /** The start that it was sent to does not know it, or is over. */
  | { readonly kind: "unknown" }
  /** Refused before anything was done, since the start it was meant for is over. */
  | { readonly kind: "replaced" }
  /** Nobody answered for too long. */
  | { readonly kind: "silent" }
  | { readonly kind: "aborted" };

/** Whoever waits for a call: is told every frame of it once, in order, until the signal. */
export interface CallListener {
  readonly signal: AbortSignal;
  readonly hear: (frame: SandboxFrame) => void;
}

/** Without a word from the host for so long, nobody knows any more what becomes of a call. */
const SILENCE_MS = 120_000;
const RETRY_MS = 250;
const RETRY_MAX_MS = 5_000;
/** Sendings of one call to one start. The host makes it once: a grant serves once, and the same call attaches. */
const SENDINGS_MAX = 3;

export class SandboxCalls {
  readonly #link: SandboxLink;
  readonly #now: () => number;

  constructor(link: SandboxLink, now: () => number) {
    this.#link = link;
    this.#now = now;
  }

  /** Has a call made that was never sent before. */
  async make(start: Start, wanted: WantedCall, listener: CallListener): Promise<CallOutcome> {
    const { signal } = listener;
    for (let sending = 1; sending <= SENDINGS_MAX; sending += 1) {
      const sent = await this.#send(start, wanted, signal);
      if (signal.aborted) return { kind: "aborted" };
      if (sent instanceof Response) return this.#read({ start, wanted, listener }, sent);
      // A sending before this one may have arrived: that this one did nothing says nothing about that.
      if (sent && sending > 1) return { kind: "unknown" };
      if (sent) return isReplaced(sent) ? { kind: "replaced" } : refused(sent);
      const found = await this.follow(start, wanted, listener);
      if (found.kind !== "unknown") return found;
    }
    return { kind: "unknown" };
  }

  /** Goes on with a call that may have been sent: its result where it has one, else as it comes. */
  follow(start: Start, wanted: FollowedCall, listener: CallListener): Promise<CallOutcome> {
    return this.#read({ start, wanted, listener }, null);
  }

  /** The stream, what the host refused it with, or null where it is not known whether it arrived. */
  async #send(
    start: Start,
    wanted: WantedCall,
    signal: AbortSignal,
  ): Promise<Response | Problem | null> {
    const { group, digest, ...call } = wanted;
    const { run, turn, dispatch } = call;
    const bound = { group, run, turn, call: call.call, dispatch, argumentsDigest: digest };
    try {
      const response = await this.#link.send({
        ...start,
        method: "POST",
        path: pathOf(wanted),
        headers: new Headers({ "content-type": "application/json" }),
        body: new TextEncoder().encode(JSON.stringify(call)),
        run,
        grant: (session) => session.grant({ audience: "acos:sandbox-host", ...bound }),
        signal,
      });
      if (response.ok) return response;
      const refusal = await problemOfResponse(response);
      return isGone(refusal) ? null : refusal;
    } catch (error) {
      // A grant that was used belongs to a sending whose answer was lost.
      if (isProblem(error, "unavailable", "used_token")) return null;
      if (error instanceof ProblemError) return error.problem;
      throw error;
    }
  }

  async #read(
    { start, wanted, listener }: { start: Start; wanted: FollowedCall; listener: CallListener },
    first: Response | null,
  ): Promise<CallOutcome> {
    const { signal, hear } = listener;
    let [response, seq, tries, heardAt] = [first, 0, 0, this.#now()];
    for (;;) {
      if (response) {
        const read = await readFrames(response.body, seq, hear);
        if (signal.aborted) return { kind: "aborted" };
        if (read.result) return told(read.result);
        if (read.isAlive) [heardAt, tries] = [this.#now(), 0];
        ({ seq } = read);
      }
      if (this.#now() - heardAt > SILENCE_MS) return { kind: "silent" };
      if (response || tries > 0) await pause(Math.min(RETRY_MS * 2 ** tries, RETRY_MAX_MS), signal);
      if (signal.aborted) return { kind: "aborted" };
      tries += 1;
      const asked = { ...start, path: pathOf(wanted), search: `?from=${seq}`, run: wanted.run };
      const found = await this.#again({ ...asked, signal });
      if (signal.aborted) return { kind: "aborted" };
      if (found === "unknown") return { kind: "unknown" };
      response = found;
    }
  }

  /** The stream again; null where nobody answers just now. */
  async #again(request: HostRequest): Promise<Response | "unknown" | null> {
    try {
      const response = await this.#link.send(request);
      if (response.ok) return response;
      const { code } = await problemOfResponse(response);
      return UNKNOWN.has(code) ? "unknown" : null;
    } catch {
      return null;
    }
  }
}

type FollowedCall = Pick<WantedCall, "call"> & { readonly run: RunId };

/** Answers that mean: this call is known nowhere any more. */
const UNKNOWN: ReadonlySet<string> = new Set([
  "not_found",
  "sandbox_replaced",
  "sandboxes_off",
  "gone",
]);

function isReplaced({ code }: Problem): boolean {
  return code === "sandbox_replaced";
}

function isGone({ code }: Problem): boolean {
  return code === "unavailable" || code === "conflict";
}

function refused({ message }: Problem): CallOutcome {
  return { kind: "result", result: { isError: true, text: message }, port: null };
}

function told({ result, port }: { result: ToolResult; port?: number | undefined }): CallOutcome {
  return { kind: "result", result, port: port ?? null };
}

function pathOf({ call }: Pick<WantedCall, "call">): string {
  return `/agent/tool-calls/${call}`;
}

/** What the model reads of a call for which there was no sandbox. */
export const SANDBOX_GONE = problem("not_found", "That sandbox was deleted.");
