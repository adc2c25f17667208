// The providers whose protocol is the SDK's business: that they get our request, and that their stream becomes our parts.
import type { AgentVersion, TurnPart } from "@acos/protocol";
import { describe, expect, it } from "vitest";

import { ANTHROPIC, completion, events, GOOGLE, OPENAI, sse } from "./provider-answers.ts";
import { agentVersion, briefing, openStar, partsOf, textIn } from "./star.ts";

interface Sent {
  readonly url: string;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

async function turn(
  from: string | { readonly kind: string; readonly baseUrl: string },
  model: string,
  answer: () => Response,
): Promise<{ parts: TurnPart[]; sent: Sent[] }> {
  const provider = typeof from === "string" ? { kind: from } : from;
  const sent: Sent[] = [];
  const star = await openStar({
    env: { BUILTIN_PROVIDERS: JSON.stringify({ it: { apiKey: "key-0123456789", ...provider } }) },
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

describe("google", () => {
  it("[T1] gets the prompt, and its stream becomes parts", async () => {
    const { parts, sent } = await turn("google", "gemini-x", () => sse(GOOGLE));
    expect(textIn(parts)).toBe("Hello there");
    expect(sent[0]?.url).toBe(
      "https://generativelanguage.googleapis.com/v1beta/models/gemini-x:streamGenerateContent?alt=sse",
    );
    expect(JSON.stringify(sent[0]?.body)).toContain("This group tests.");
  });
});

const LOCAL = { kind: "openai-compatible", baseUrl: "https://models.example/v1" };
const STANDIN = { kind: "openai", baseUrl: "https://models.example/v1" };

describe("tokens", () => {
  const usageOf = async (from: Parameters<typeof turn>[0], answer: string) => {
    const last = (await turn(from, "claude-sonnet-4-5", () => sse(answer))).parts.at(-1);
    if (last?.type !== "finish") throw new Error(`ended with ${JSON.stringify(last)}`);
    const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } = last.usage;
    return [inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens];
  };
  const told = { prompt_tokens: 100, completion_tokens: 7 };

  it.each<[string, Parameters<typeof turn>[0], string, number[]]>([
    // Anthropic tells fresh ones (10) apart from those read (5) and written (2).
    ["anthropic", "anthropic", ANTHROPIC, [17, 5, 2, 9]],
    ["openai", "openai", OPENAI, [12, 4, 0, 6]],
    [
      "a stand-in for openai",
      STANDIN,
      completion({ ...told, prompt_tokens_details: { cached_tokens: 60 } }),
      [100, 60, 0, 7],
    ],
    ["google", "google", GOOGLE, [30, 20, 0, 8]],
    [
      "a server that tells details",
      LOCAL,
      completion({ ...told, prompt_tokens_details: { cached_tokens: 60, cache_write_tokens: 30 } }),
      [100, 60, 30, 7],
    ],
    [
      "a server that tells hits",
      LOCAL,
      completion({ ...told, prompt_cache_hit_tokens: 60, prompt_cache_miss_tokens: 40 }),
      [100, 60, 0, 7],
    ],
    [
      "a server that tells cached ones",
      LOCAL,
      completion({ ...told, cached_tokens: 60 }),
      [100, 60, 0, 7],
    ],
    [
      "a server that speaks like Anthropic",
      LOCAL,
      completion({ ...told, cache_read_input_tokens: 60, cache_creation_input_tokens: 30 }),
      [100, 60, 30, 7],
    ],
    [
      "a server that leaves cached ones out",
      LOCAL,
      completion({
        ...told,
        prompt_tokens: 10,
        cache_read_input_tokens: 60,
        cache_creation_input_tokens: 30,
      }),
      [100, 60, 30, 7],
    ],
  ])(
    "[T14] of %s are told alike: input with what was read from a cache and written to one",
    async (_name, from, answer, wanted) => {
      expect(await usageOf(from, answer)).toEqual(wanted);
    },
  );

  it("[T14] of a total of 0 are estimated: no call sends nothing", async () => {
    const [input] = await usageOf(LOCAL, completion({ prompt_tokens: 0, completion_tokens: 7 }));
    expect(input).toBeGreaterThan(100);
  });

  it("[T15] are told beside what the whole call was estimated at, its tools included", async () => {
    const estimateOf = async (tools: AgentVersion["tools"]) => {
      const star = await openStar();
      const pin = await star.records.agent(agentVersion({ tools }));
      const last = (await partsOf(await star.send("/turns", { briefing: briefing(pin, "hi") }))).at(
        -1,
      );
      return last?.type === "finish" ? (last.estimatedInput ?? 0) : 0;
    };
    const bare = await estimateOf([]);
    expect(bare).toBeGreaterThan(40);
    expect(await estimateOf([{ type: "builtin", name: "recall" }])).toBeGreaterThan(bare + 100);
  });
});

describe("a prompt that is too long", () => {
  /** In the forms of all of them. */
  const refusal = (message: string) =>
    JSON.stringify({
      type: "error",
      error: { message, type: "invalid_request_error", code: 400, status: "INVALID_ARGUMENT" },
    });

  it.each<[string, Parameters<typeof turn>[0], number, string]>([
    ["anthropic", "anthropic", 400, "prompt is too long: 214903 tokens > 200000 maximum"],
    [
      "anthropic's output",
      "anthropic",
      400,
      "input length and `max_tokens` exceed context limit: 197000 + 8000 > 200000",
    ],
    [
      "openai",
      "openai",
      400,
      "Your input exceeds the context window of this model. Please adjust your input and try again.",
    ],
    [
      "google",
      "google",
      400,
      "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
    ],
    [
      "vllm",
      LOCAL,
      400,
      "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens.",
    ],
    ["llama.cpp", LOCAL, 400, "the request exceeds the available context size, try increasing it"],
    ["a proxy", LOCAL, 413, "Payload Too Large"],
  ])(
    "[T16] for %s ends the turn with words that say what to do",
    async (_name, from, status, message) => {
      const { parts } = await turn(from, "m", () => new Response(refusal(message), { status }));
      const last = parts.at(-1);
      if (last?.type !== "failure") throw new Error("no failure");
      expect(last.problem.code).toBe("provider_refused");
      expect(last.problem.message).toMatch(
        /longer than it\/m reads at once \(HTTP 4\d\d: .*Lower the briefing size in the group's settings/,
      );
    },
  );

  it("[T16] says so too when the refusal comes in the stream, and no other refusal does", async () => {
    const failed = events([
      {
        type: "error",
        sequence_number: 0,
        error: {
          type: "invalid_request_error",
          code: "context_length_exceeded",
          message: "Your input is longer.",
          param: "input",
        },
      },
    ]);
    const bare = `data: ${JSON.stringify({ error: { code: "context_length_exceeded", message: "Too much." } })}\n\n`;
    for (const [from, answer] of [
      ["openai", failed],
      [LOCAL, bare],
    ] as const) {
      const { parts } = await turn(from, "gpt-x", () => sse(answer));
      expect(parts.at(-1)).toMatchObject({
        problem: {
          code: "provider_refused",
          message: expect.stringMatching(/Lower the briefing/) as string,
        },
      });
    }
    const other = await turn(
      LOCAL,
      "m",
      () => new Response(refusal("temperature is too high"), { status: 400 }),
    );
    expect(JSON.stringify(other.parts.at(-1))).not.toMatch(/briefing/);
  });
});
