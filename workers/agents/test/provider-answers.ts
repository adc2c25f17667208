// Whole answers of two providers, as their services stream them.
export const events = (list: readonly object[]) =>
  list
    .map(
      (event) => `event: ${(event as { type: string }).type}\ndata: ${JSON.stringify(event)}\n\n`,
    )
    .join("");
export const sse = (text: string) =>
  new Response(text, { headers: { "content-type": "text/event-stream" } });

export const ANTHROPIC = events([
  {
    type: "message_start",
    message: {
      id: "m",
      type: "message",
      role: "assistant",
      model: "claude",
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: {
        input_tokens: 10,
        cache_read_input_tokens: 5,
        cache_creation_input_tokens: 2,
        output_tokens: 1,
      },
    },
  },
  { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
  { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "Hello " } },
  { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "there" } },
  { type: "content_block_stop", index: 0 },
  {
    type: "content_block_start",
    index: 1,
    content_block: { type: "tool_use", id: "toolu_1", name: "calculate", input: {} },
  },
  {
    type: "content_block_delta",
    index: 1,
    delta: { type: "input_json_delta", partial_json: '{"expression":"1"}' },
  },
  { type: "content_block_stop", index: 1 },
  {
    type: "message_delta",
    delta: { stop_reason: "tool_use", stop_sequence: null },
    usage: { output_tokens: 9 },
  },
  { type: "message_stop" },
]);
export const OPENAI = events([
  {
    type: "response.created",
    response: {
      id: "r",
      object: "response",
      created_at: 0,
      model: "gpt",
      status: "in_progress",
      output: [],
    },
  },
  {
    type: "response.output_item.added",
    output_index: 0,
    item: { id: "i", type: "message", status: "in_progress", role: "assistant", content: [] },
  },
  {
    type: "response.output_text.delta",
    item_id: "i",
    output_index: 0,
    content_index: 0,
    delta: "Hello there",
  },
  {
    type: "response.output_item.done",
    output_index: 0,
    item: {
      id: "i",
      type: "message",
      status: "completed",
      role: "assistant",
      content: [{ type: "output_text", text: "Hello there", annotations: [] }],
    },
  },
  {
    type: "response.completed",
    response: {
      id: "r",
      object: "response",
      created_at: 0,
      model: "gpt",
      status: "completed",
      output: [],
      usage: {
        input_tokens: 12,
        input_tokens_details: { cached_tokens: 4 },
        output_tokens: 6,
        output_tokens_details: { reasoning_tokens: 0 },
      },
    },
  },
]);

/** Not named events: one JSON object each. */
const data = (list: readonly object[]) =>
  list.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("");

export const GOOGLE = data([
  { candidates: [{ content: { role: "model", parts: [{ text: "Hello " }] } }] },
  {
    candidates: [{ content: { role: "model", parts: [{ text: "there" }] }, finishReason: "STOP" }],
    usageMetadata: {
      promptTokenCount: 30,
      cachedContentTokenCount: 20,
      candidatesTokenCount: 5,
      thoughtsTokenCount: 3,
      totalTokenCount: 38,
    },
  },
]);

/** A chat completion with that usage. */
export const completion = (usage: object) =>
  data([
    { choices: [{ index: 0, delta: { role: "assistant", content: "Hello there" } }] },
    { choices: [{ index: 0, delta: {}, finish_reason: "stop" }] },
    { choices: [], usage },
  ]);
