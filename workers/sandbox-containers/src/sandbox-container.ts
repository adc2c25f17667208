// One sandbox's Durable Object: the rim between the platform's container and the sandbox's life.
import { DurableObject } from "cloudflare:workers";

import type { Bindings } from "./env.ts";
import { answerRequest } from "./object-routes.ts";
import { answerTo } from "./refusals.ts";
import { SandboxLife } from "./sandbox-life.ts";

export class SandboxContainer extends DurableObject<Bindings> {
  readonly #life: SandboxLife;

  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env);
    const { container, storage } = ctx;
    if (container === undefined)
      throw new Error("SandboxContainer has no container: see `containers` in wrangler.jsonc.");
    this.#life = new SandboxLife({
      container,
      storage,
      now: () => Date.now(),
      pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
      keepAlive: (work) => ctx.waitUntil(work),
    });
    void ctx.blockConcurrencyWhile(() => this.#life.wake());
  }

  /** Answers what the Worker has proven; nobody else reaches an object. */
  override async fetch(request: Request): Promise<Response> {
    try {
      return await answerRequest(this.#life, request);
    } catch (error) {
      return answerTo(error, logged);
    }
  }
}

function logged(words: string): void {
  // oxlint-disable-next-line no-console -- a Worker's log is its console
  console.warn(JSON.stringify({ event: "sandbox failed", words }));
}
