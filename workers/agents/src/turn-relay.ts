// From a model's stream to turn parts: what a part becomes, what counts as a whole response, and where the limits cut.
import {
  estimateTokens,
  TOOL_ARGUMENTS_MAX_BYTES,
  TURN_TEXT_MAX_CHARS,
  TURN_TOOL_CALLS_MAX,
  type FinishReason,
  type ToolArguments,
  type ToolConfig,
  type TurnPart,
  type Usage,
} from "@acos/protocol";

import type { ModelPart } from "./models/model.ts";
import { costOf, type Price } from "./models/price.ts";
import { ProviderAnswerError } from "./models/provider-failure.ts";
import { usageOf } from "./models/token-estimate.ts";
import { judgeCall } from "./tools/agent-tools.ts";

/** A tool's name as a model may misspell it; longer is not a name. */
const TOOL_NAME_MAX_CHARS = 64;

export interface RelayParts {
  readonly tools: readonly ToolConfig[];
  readonly price: Price | undefined;
  /** Estimate of all that is sent, for the providers that do not count, and for the group to learn from. */
  readonly estimatedInput: number;
  readonly write: (part: TurnPart) => void;
}

/** Relays one response. Throws what the stream carries as an error, and ProviderAnswerError past a limit. */
export class TurnRelay {
  readonly #parts: RelayParts;
  /** Part number of each open block, given with its first text; blocks without text get none. */
  readonly #blocks = new Map<string, number>();
  #count = 0;
  #chars = 0;
  #calls = 0;
  #callText = "";
  #finish: Extract<ModelPart, { type: "finish" }> | undefined;
  #text = "";

  constructor(parts: RelayParts) {
    this.#parts = parts;
  }

  take(part: ModelPart): void {
    switch (part.type) {
      case "text-delta":
        this.#grow("text", `t:${part.id}`, part.delta);
        break;
      case "reasoning-delta":
        this.#grow("reasoning", `r:${part.id}`, part.delta);
        break;
      case "text-start":
        this.#blocks.delete(`t:${part.id}`);
        break;
      case "reasoning-start":
        this.#blocks.delete(`r:${part.id}`);
        break;
      case "tool-call":
        this.#call(part.toolName, part.input);
        break;
      case "finish":
        this.#finish = part;
        break;
      case "error":
        throw part.error;
      default:
      // Starts of tool inputs, sources, metadata and pings say nothing that the log keeps.
    }
  }

  /** The last part of a whole response. Throws ProviderAnswerError when it was none. */
  end(): Extract<TurnPart, { type: "finish" }> {
    const finish = this.#finish;
    if (finish === undefined)
      throw new ProviderAnswerError("stopped before the end of its answer.");
    const { estimatedInput } = this.#parts;
    return { type: "finish", reason: this.#reason(finish), ...this.used(), estimatedInput };
  }

  /** What the response took so far: the provider's numbers once it has told them, estimates until then. */
  used(): { readonly usage: Usage; readonly cost: number } {
    const usage = usageOf(this.#finish?.usage, {
      input: () => this.#parts.estimatedInput,
      output: () => estimateTokens(this.#text + this.#callText),
    });
    return { usage, cost: costOf(usage, this.#parts.price) };
  }

  #grow(type: "text" | "reasoning", block: string, text: string): void {
    if (text === "") return;
    this.#chars += text.length;
    if (this.#chars > TURN_TEXT_MAX_CHARS)
      throw new ProviderAnswerError(
        `wrote more than ${TURN_TEXT_MAX_CHARS} characters in one answer.`,
      );
    let part = this.#blocks.get(block);
    if (part === undefined) {
      part = this.#count;
      this.#count += 1;
      this.#blocks.set(block, part);
    }
    this.#text += text;
    this.#parts.write({ type, part, text });
  }

  #call(name: string, input: string): void {
    this.#calls += 1;
    if (this.#calls > TURN_TOOL_CALLS_MAX)
      throw new ProviderAnswerError(
        `made more than ${TURN_TOOL_CALLS_MAX} tool calls in one answer.`,
      );
    this.#callText += input;
    const tool = name.slice(0, TOOL_NAME_MAX_CHARS);
    const read = readArguments(input);
    if (typeof read === "string")
      this.#parts.write({ type: "tool-call", tool, arguments: {}, effect: false, invalid: read });
    else
      this.#parts.write({
        type: "tool-call",
        tool,
        arguments: read,
        ...judgeCall(this.#parts.tools, name, read),
      });
  }

  #reason({ finishReason }: Extract<ModelPart, { type: "finish" }>): FinishReason {
    const reason = finishReason.unified;
    if (reason === "error" || reason === "interrupted")
      throw new ProviderAnswerError("broke off its answer.");
    if (this.#calls > 0) return "tool-calls";
    if (this.#text.trim() !== "" || reason === "content-filter")
      return reason === "tool-calls" ? "stop" : reason;
    throw new ProviderAnswerError(
      reason === "length"
        ? "used up its output limit before it said anything."
        : "answered with nothing.",
    );
  }
}

/** The arguments as an object, or why they cannot be read, in words for the model. */
function readArguments(input: string): ToolArguments | string {
  if (new TextEncoder().encode(input).length > TOOL_ARGUMENTS_MAX_BYTES)
    return `The arguments are larger than ${TOOL_ARGUMENTS_MAX_BYTES} bytes. Send less at a time.`;
  try {
    const value: unknown = input.trim() === "" ? {} : JSON.parse(input);
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      return value as ToolArguments;
    return "The arguments must be a JSON object.";
  } catch {
    // The model reads the words and tries again.
    return "The arguments are not valid JSON.";
  }
}
