// A Sandbox Host in memory: it asks for the same proof and speaks the same wire, and runs nothing. For tests of who calls it.
import {
  EPOCH_HEADER,
  parse,
  parseJson,
  problem,
  ProblemError,
  SANDBOX_BODY_MAX_BYTES,
  SANDBOX_ORIGIN,
  sandboxEgressSchema,
  sandboxOpenSchema,
  statusOf,
  type ErrorCode,
  type GroupId,
  type SandboxCapabilities,
  type SandboxId,
  type SandboxOpen,
  type SandboxOpened,
  type SandboxStatus,
} from "@acos/protocol";
import {
  createRequestGate,
  NonceCache,
  TrustError,
  verifySandboxRequest,
  type KeyRing,
  type SandboxGate,
  type SandboxRequest,
} from "@acos/trust";

import { wallClock, type SandboxClock } from "./fake-clock.ts";
import { FakeSandbox, type PortHandler } from "./fake-sandbox.ts";

export interface FakeSandboxHostOptions {
  /** Keys of the authority whose certificates count. */
  readonly ring: KeyRing;
  readonly clock?: SandboxClock;
}

interface Place {
  readonly group: GroupId;
  readonly files: Map<string, Uint8Array>;
  readonly opened: SandboxOpen;
  running?: { readonly epoch: string; readonly sandbox: FakeSandbox };
  ended?: SandboxStatus["ended"];
}

export const FAKE_CAPABILITIES: SandboxCapabilities = {
  driver: "bubblewrap",
  isolation: "namespace",
  limits: { memory: "none", cpu: "none", pids: "none", disk: "none" },
  ownUid: false,
  seccomp: false,
  terminals: false,
  checkpoints: true,
  egress: false,
  notes: ["This is a fake: it runs nothing and isolates nothing."],
};

/** Serves where a binding to a Sandbox Host is wanted: `fetch` is one. */
export class FakeSandboxHost {
  /** Requests that were let in, in order. */
  readonly asked: SandboxRequest[] = [];
  readonly #gate: SandboxGate;
  readonly #clock: SandboxClock;
  readonly #places = new Map<SandboxId, Place>();
  #failing: ErrorCode | undefined;
  #epochs = 0;

  constructor({ ring, clock = wallClock }: FakeSandboxHostOptions) {
    const gate = createRequestGate("acos:sandbox-host", ring);
    this.#gate = {
      gate: { ...gate, bodyMaxBytes: SANDBOX_BODY_MAX_BYTES },
      usedGrants: new NonceCache(),
    };
    this.#clock = clock;
  }

  /** Answers a request; the arrow makes it usable alone. */
  readonly fetch = async (request: Request): Promise<Response> => {
    try {
      if (this.#failing) throw refusal(this.#failing, "The host was told to fail.");
      const { pathname, search } = new URL(request.url);
      if (pathname === "/v1/health") return Response.json(FAKE_CAPABILITIES);
      const url = `${SANDBOX_ORIGIN}${pathname}${search}`;
      const body = new Uint8Array(await request.arrayBuffer());
      const { method, headers } = request;
      const signed = { method, url, headers, body };
      const asked = await verifySandboxRequest(signed, this.#gate, this.#clock.now());
      this.asked.push(asked);
      return await this.#answer(asked, signed);
    } catch (error) {
      if (!(error instanceof ProblemError) && !(error instanceof TrustError)) throw error;
      return Response.json(error.problem, { status: statusOf(error.problem.code) });
    }
  };

  /** Every request fails so until this is called with nothing. */
  failWith(code?: ErrorCode): void {
    this.#failing = code;
  }

  /** Breaks every open stream off without its last frame; what runs goes on. */
  breakLinks(): void {
    for (const { running } of this.#places.values()) running?.sandbox.breakLinks();
  }

  /** The host dies with all processes; workspaces stay. */
  crash(): void {
    for (const place of this.#places.values()) this.#end(place, "lost");
  }

  /** The sandbox that runs under an id, for a test to look into. Throws Error where none does. */
  sandbox(id: SandboxId): FakeSandbox {
    const running = this.#places.get(id)?.running;
    if (!running) throw new Error(`no sandbox ${id} runs`);
    return running.sandbox;
  }

  /** Lets something listen in a sandbox. */
  listen(id: SandboxId, port: number, handler: PortHandler): void {
    this.sandbox(id).ports.set(port, handler);
  }

  async #answer(
    asked: SandboxRequest,
    { method, headers, body }: { method: string; headers: Headers; body: Uint8Array },
  ): Promise<Response> {
    const agentPath = /^\/agent(\/.*)$/.exec(asked.path)?.[1];
    if (agentPath !== undefined) {
      const { running } = this.#owned(asked);
      if (!running || headers.get(EPOCH_HEADER) !== running.epoch)
        throw refusal("sandbox_replaced", "This start has ended. Open the sandbox again.");
      const query = new URLSearchParams(asked.search);
      const call = asked.call;
      return running.sandbox.answer({ method, path: agentPath, query, headers, body, call });
    }
    const json = () => parseJson(new TextDecoder().decode(body), "The request");
    switch (`${method} ${asked.path}`) {
      case "PUT ":
        return Response.json(this.#open(asked, parse(sandboxOpenSchema, json(), "The opening")));
      case "GET ":
        return Response.json(this.#status(asked));
      case "POST /stop":
        this.#end(this.#owned(asked), "asked");
        return new Response(null, { status: 204 });
      case "DELETE ":
        this.#end(this.#owned(asked), "asked");
        this.#places.delete(asked.sandbox);
        return new Response(null, { status: 204 });
      case "PUT /egress":
        this.#owned(asked);
        parse(sandboxEgressSchema, json(), "The way out");
        return new Response(null, { status: 204 });
      default:
        throw refusal("not_found", "There is nothing at this address.");
    }
  }

  #open(asked: SandboxRequest, opened: SandboxOpen): SandboxOpened {
    const found = this.#places.get(asked.sandbox);
    if (found) this.#owned(asked);
    if (found?.running) return { epoch: found.running.epoch, workspace: "running", startMs: 0 };
    const running = [...this.#places.values()].filter(
      (place) => place.running && place.group === asked.group,
    );
    if (running.length >= (asked.maxSandboxes ?? Infinity))
      throw refusal("over_cap", "The group runs as many sandboxes as its certificate allows.");
    const files = found?.files ?? new Map<string, Uint8Array>();
    this.#epochs += 1;
    const epoch = `epoch${this.#epochs.toString(36).padStart(6, "0")}`;
    const sandbox = new FakeSandbox(files, this.#clock);
    this.#places.set(asked.sandbox, {
      group: asked.group,
      files,
      opened,
      running: { epoch, sandbox },
    });
    return { epoch, workspace: found ? "kept" : "new", startMs: 1 };
  }

  #status({ sandbox, group }: SandboxRequest): SandboxStatus {
    const place = this.#places.get(sandbox);
    if (place?.group !== group) return { state: "absent" };
    const ended = place.ended === undefined ? {} : { ended: place.ended };
    if (!place.running) return { state: "kept", ...ended };
    return { state: "running", epoch: place.running.epoch, idleMs: 0 };
  }

  #owned({ sandbox, group }: SandboxRequest): Place {
    const place = this.#places.get(sandbox);
    if (place?.group !== group) throw refusal("not_found", "There is no such sandbox.");
    return place;
  }

  #end(place: Place, reason: "asked" | "lost"): void {
    place.running?.sandbox.end();
    if (place.running) place.ended = { reason, words: `It ended: ${reason}.` };
    delete place.running;
  }
}

function refusal(code: ErrorCode, message: string): ProblemError {
  return new ProblemError(problem(code, message));
}
