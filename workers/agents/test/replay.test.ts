// A thousand captured requests sent to the Worker again: no model is called, no tool runs, nothing is served.
import type { AgentVersion } from "@acos/protocol";
import { describe, expect, it } from "vitest";

import { agentVersion, briefing, openStar, partsOf, type Star, type StarOptions } from "./star.ts";

/** Half of them turns, half of them calls of an HTTP tool. */
const EACH = 500;
/** Three seconds on an idle core; other suites run beside this one. */
const TIMEOUT_MS = 60_000;
/** Longer than the 30 s that a signature counts and the 5 s of skew together. */
const LATER_MS = 35_000;
const PROVIDERS = JSON.stringify({
  lab: { kind: "openai-compatible", baseUrl: "https://models.example.com/v1", apiKey: "k" },
});
const lifetime = { waitUntil: () => undefined };

/** The world outside: counts what reaches it, and answers as a model and as a tool. */
function outside() {
  const calls = { model: 0, tool: 0 };
  const fetcher: NonNullable<StarOptions["fetcher"]> = (url) => {
    if (url.startsWith("https://models.example.com/")) {
      calls.model += 1;
      const event = { choices: [{ index: 0, delta: { content: "Hi." }, finish_reason: "stop" }] };
      const body = `data: ${JSON.stringify(event)}\n\ndata: [DONE]\n\n`;
      return Promise.resolve(
        new Response(body, { headers: { "content-type": "text/event-stream" } }),
      );
    }
    calls.tool += 1;
    return Promise.resolve(new Response("done"));
  };
  return { calls, fetcher };
}

async function capture(star: Star): Promise<Request[]> {
  const tool: AgentVersion["tools"][number] = {
    type: "http",
    name: "desk",
    description: "The desk.",
    methods: ["GET", "POST"],
    baseUrl: "https://tools.example.com/desk",
  };
  const pin = await star.records.agent(agentVersion({ model: "lab/small", tools: [tool] }));
  const deed = { tool: "desk", arguments: { method: "POST", path: "/do", body: {} } };
  const certificate = await star.certify();
  const captured: Request[] = [];
  for (let count = 0; count < EACH; count += 1)
    captured.push(
      await star.sign("/turns", { briefing: briefing(pin, "Hello.") }, { certificate }),
      await star.sign("/tool-calls", await star.toolCall(pin, deed), { certificate }),
    );
  return captured;
}

async function replay(star: Star, captured: readonly Request[]): Promise<Record<string, number>> {
  const tally: Record<string, number> = {};
  for (const request of captured) {
    const response = await star.worker.fetch(request.clone(), star.bindings, lifetime);
    const text = await response.text();
    const outcome = response.ok ? "served" : (JSON.parse(text) as { code: string }).code;
    tally[outcome] = (tally[outcome] ?? 0) + 1;
  }
  return tally;
}

describe("captured requests", { timeout: TIMEOUT_MS }, () => {
  it("[A2] 1,000 replayed at once cause no call of a model and none of a tool", async () => {
    const { calls, fetcher } = outside();
    const star = await openStar({ fetcher, env: { BUILTIN_PROVIDERS: PROVIDERS } });
    const captured = await capture(star);
    const [turn] = captured;
    if (turn === undefined) throw new Error("nothing was captured");
    const first = await partsOf(await star.worker.fetch(turn.clone(), star.bindings, lifetime));
    expect(first.at(-1)).toMatchObject({ type: "finish" });
    expect(await replay(star, captured.slice(1))).toEqual({ served: 2 * EACH - 1 });
    expect(calls).toEqual({ model: EACH, tool: EACH });
    expect(await replay(star, captured)).toEqual({ used_token: 2 * EACH });
    expect(calls).toEqual({ model: EACH, tool: EACH });
  });

  it("[A10] replayed to a Worker that never saw them, none has its effect a second time", async () => {
    const { calls, fetcher } = outside();
    const star = await openStar({ fetcher, env: { BUILTIN_PROVIDERS: PROVIDERS } });
    const effects = (await capture(star)).filter(({ url }) => url.endsWith("/tool-calls"));
    expect(await replay(star, effects)).toEqual({ served: EACH });
    const worker = star.isolate();
    expect(await replay({ ...star, worker }, effects)).toEqual({ conflict: EACH });
    expect(calls).toEqual({ model: 0, tool: EACH });
  });

  it("[A2] [A1] 1,000 replayed 35 s later are refused by a Worker that never saw them", async () => {
    const { calls, fetcher } = outside();
    const star = await openStar({ fetcher, env: { BUILTIN_PROVIDERS: PROVIDERS } });
    const captured = await capture(star);
    star.clock.pass(LATER_MS);
    expect(await replay(star, captured)).toEqual({ invalid_signature: 2 * EACH });
    expect(calls).toEqual({ model: 0, tool: 0 });
  });
});
