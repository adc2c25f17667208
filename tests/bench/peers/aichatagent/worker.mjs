// The closest peer's Worker, as its documentation shows it: one AIChatAgent object per conversation, streamText inside.
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { AIChatAgent } from "@cloudflare/ai-chat";
import { routeAgentRequest } from "agents";
import { convertToModelMessages, streamText } from "ai";

export class Chat extends AIChatAgent {
  async onChatMessage(onFinish, options) {
    const provider = createOpenAICompatible({
      name: "fake",
      baseURL: this.env.MODEL_URL,
      apiKey: "none",
    });
    const result = streamText({
      model: provider(options.body.model),
      messages: await convertToModelMessages(this.messages),
      abortSignal: options.abortSignal,
      onFinish,
    });
    return result.toUIMessageStreamResponse();
  }
}

export default {
  async fetch(request, env) {
    return (await routeAgentRequest(request, env)) ?? new Response("not found", { status: 404 });
  },
};
