// The port every model stands behind: one streamed response to one prompt. Providers' types stay inside this Worker.
import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4StreamPart,
} from "@ai-sdk/provider";

import type { Price } from "./price.ts";

/**
 * A model that can stream one response. Contract: `doStream` rejects, or the stream carries an `error` part or breaks,
 * when there is no whole response; `abortSignal` ends it early; tools are never executed.
 */
export type Model = Pick<LanguageModelV4, "modelId" | "doStream">;

export type ModelCall = LanguageModelV4CallOptions;
export type ModelPart = LanguageModelV4StreamPart;

/** A model ready to be called, and what its failures and its bill must know. */
export interface ResolvedModel {
  readonly model: Model;
  /** How messages to people name the provider. */
  readonly provider: string;
  /** What must never show up in an error text. */
  readonly secrets: readonly string[];
  readonly price: Price | undefined;
}
