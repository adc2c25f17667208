// The providers whose protocol is the SDK's business: that they get our request, and that their stream becomes our parts.
import type { TurnPart } from "@acos/protocol";
import { describe, expect, it } from "vitest";

import { ANTHROPIC, events, OPENAI, sse } from "./provider-answers.ts";
import { agentVersion, briefing, openStar, partsOf, textIn } from "./star.ts";

interface Sent {
  readonly url: string;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

async function turn(
  kind: string,
  model: string,
  answer: () => Response,
): Promise<{ parts: TurnPart[]; sent: Sent[] }> {
  const sent: Sent[] = [];
  const star = await openStar({
    env: { BUILTIN_PROVIDERS: JSON.stringify({ it: { kind, apiKey: "key-0123456789" } }) },
    fetcher: (url, init) => {
      const body = JSON.parse(init.body as string) as Record<string, unknown>;
      sent.push({ url, headers: new Headers(init.headers), body });
      return Promise.resolve(answer());
    },
  });
  const pin = await star.records.agent(
    agentVersion({ model: `it/${model}`, maxOutputTokens: 500, temperature: 0.5 }),
  );
  return {
    parts: await partsOf(await star.send("/turns", { briefing: briefing(pin, "hi") })),
    sent,
  };
}

describe("anthropic", () => {
  it("[T1] gets the prompt with its cached head, and its stream becomes parts with their price", async () => {
    const { parts, sent } = await turn("anthropic", "claude-sonnet-4-5", () => sse(ANTHROPIC));
    expect(textIn(parts)).toBe("Hello there");
    expect(parts.at(-2)).toMatchObject({
      type: "tool-call",
      tool: "calculate",
      arguments: { expression: "1" },
    });
    const usage = { inputTokens: 17, outputTokens: 9, cacheReadTokens: 5, cacheWriteTokens: 2 };
    expect(parts.at(-1)).toMatchObject({ type: "finish", reason: "tool-calls", usage });
    expect(parts.at(-1)).toHaveProperty("cost", (10 * 3 + 9 * 15 + 5 * 0.3 + 2 * 3.75) / 1e6);
    expect(sent[0]?.url).toBe("https://api.anthropic.com/v1/messages");
    expect(sent[0]?.headers.get("x-api-key")).toBe("key-0123456789");
    expect(sent[0]?.body).toMatchObject({ max_tokens: 500, temperature: 0.5, stream: true });
    expect(JSON.stringify(sent[0]?.body)).toContain('"cache_control":{"type":"ephemeral"}');
  });

  it("[T6] that is overloaded in mid-stream ends the turn as rate limited", async () => {
    const broken = ANTHROPIC.slice(0, ANTHROPIC.indexOf("event: content_block_stop"));
    const overloaded = events([
      { type: "error", error: { type: "overloaded_error", message: "Overloaded" } },
    ]);
    const { parts } = await turn("anthropic", "claude-sonnet-4-5", () => sse(broken + overloaded));
    expect(textIn(parts)).toBe("Hello there");
    expect(parts.at(-1)).toMatchObject({
      type: "failure",
      problem: { code: "provider_rate_limited" },
    });
  });

  it("[T6] that refuses the key ends the turn with words", async () => {
    const body = JSON.stringify({
      type: "error",
      error: { type: "authentication_error", message: "invalid x-api-key" },
    });
    const { parts } = await turn(
      "anthropic",
      "claude-x",
      () => new Response(body, { status: 401 }),
    );
    expect(parts.at(-1)).toMatchObject({
      type: "failure",
      problem: {
        code: "provider_refused",
        message: expect.stringMatching(/invalid x-api-key/) as string,
      },
    });
  });
});

describe("openai", () => {
  it("[T1] gets the prompt, keeps nothing, and its stream becomes parts", async () => {
    const { parts, sent } = await turn("openai", "gpt-4.1-mini", () => sse(OPENAI));
    expect(textIn(parts)).toBe("Hello there");
    expect(parts.at(-1)).toMatchObject({
      type: "finish",
      reason: "stop",
      usage: { inputTokens: 12, outputTokens: 6, cacheReadTokens: 4, cacheWriteTokens: 0 },
    });
    expect(sent[0]?.url).toBe("https://api.openai.com/v1/responses");
    expect(sent[0]?.headers.get("authorization")).toBe("Bearer key-0123456789");
    expect(sent[0]?.body).toMatchObject({ store: false, stream: true, max_output_tokens: 500 });
  });

  it("[T6] that stops in mid-stream ends the turn with a failure", async () => {
    const { parts } = await turn("openai", "gpt-4.1-mini", () =>
      sse(OPENAI.slice(0, OPENAI.indexOf("event: response.completed"))),
    );
    expect(parts.at(-1)).toMatchObject({ type: "failure", problem: { code: "provider_failed" } });
  });
});
