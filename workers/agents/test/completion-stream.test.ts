// The hot path's own parser: whatever way the network cuts a response, the same parts come out.
import { describe, expect, it } from "vitest";

import { CompletionReader } from "../src/models/completion-stream.ts";
import type { ModelPart } from "../src/models/model.ts";

const event = (choice: object, rest: object = {}) =>
  `data: ${JSON.stringify({ choices: [{ index: 0, ...choice }], ...rest })}\n\n`;
const delta = (content: object) => event({ delta: content });
const STOP = event({ delta: {}, finish_reason: "stop" });

function read(text: string, pieceChars: number): ModelPart[] {
  const reader = new CompletionReader();
  const parts: ModelPart[] = [];
  for (let at = 0; at < text.length; at += pieceChars)
    parts.push(...reader.read(text.slice(at, at + pieceChars)));
  return [...parts, ...reader.end()];
}

describe("a streamed completion", () => {
  const whole = [
    ": a comment\r\n\r\nevent: message\n",
    delta({ role: "assistant", content: "" }),
    delta({ reasoning: "Hm." }),
    delta({ content: "Grüße, 世界 🎉\n" }),
    delta({ content: [{ type: "text", text: "and" }, { type: "image" }] }),
    delta({ tool_calls: [{ index: 0, id: "a", function: { arguments: "" } }] }),
    delta({ tool_calls: [{ index: 1, id: "b", function: { name: "two", arguments: "{}" } }] }),
    delta({ tool_calls: [{ index: 0, function: { name: "one", arguments: '{"x":' } }] }),
    delta({ tool_calls: [{ index: 0, function: { arguments: "1}" } }] }),
    event({ delta: {}, finish_reason: "tool_calls" }),
    'data: {"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":3}}\n\n',
    "data: [DONE]",
  ].join("");

  it.each([1, 2, 7, 64, 100_000])(
    "[S1] reads the same in pieces of %i characters",
    (pieceChars) => {
      expect(read(whole, pieceChars)).toEqual([
        { type: "reasoning-delta", id: "0", delta: "Hm." },
        { type: "text-delta", id: "0", delta: "Grüße, 世界 🎉\n" },
        { type: "text-delta", id: "0", delta: "and" },
        { type: "tool-call", toolCallId: "a", toolName: "one", input: '{"x":1}' },
        { type: "tool-call", toolCallId: "b", toolName: "two", input: "{}" },
        expect.objectContaining({
          type: "finish",
          finishReason: { unified: "tool-calls", raw: "tool_calls" },
        }),
      ]);
    },
  );

  it("[S2] takes calls without an index as whole ones, and a refusal as text", () => {
    const calls = [
      { id: "a", function: { name: "one", arguments: "{}" } },
      { id: "b", function: { name: "two", arguments: "{}" } },
    ];
    const parts = read(delta({ tool_calls: calls }) + delta({ refusal: "No." }) + STOP, 50);
    expect(parts.map((part) => part.type)).toEqual([
      "text-delta",
      "tool-call",
      "tool-call",
      "finish",
    ]);
    expect(parts.at(-1)).toMatchObject({ finishReason: { unified: "content-filter" } });
  });

  it("[S3] is refused when it is none, ends early or has no end of a line", () => {
    expect(() => read("data: [1,", 10)).toThrow(/not a model's answer/);
    expect(() => read("data: 5\n", 10)).toThrow(/stopped before the end|not a model's answer/);
    expect(() => read(delta({ content: "a" }), 10)).toThrow(/stopped before the end/);
    expect(() => read("x".repeat(5 * 1024 * 1024), 1024 * 1024)).toThrow(/not a model's answer/);
  });
});
