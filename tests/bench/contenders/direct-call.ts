// The direct call: client to model server with nothing between. What a contender takes on top of it is its overhead.
import { Agent } from "node:http";

import { replyLengthOf } from "../model-name.ts";
import { QUESTION, type Contender } from "./contender.ts";
import { httpTurn } from "./http-turn.ts";

/** Connections the direct call may hold: more than the largest number of clients at once. */
const SOCKETS_MAX = 200;

/** The direct call as a contender; `modelUrl` is the model server's base URL. */
export function directCall(modelUrl: string): Contender {
  const agent = new Agent({ keepAlive: true, maxSockets: SOCKETS_MAX });
  const url = new URL(`${modelUrl}/chat/completions`);
  const messages = [{ role: "user", content: QUESTION }];
  return {
    name: "direct",
    processIds: () => [],
    open: (model) =>
      Promise.resolve({
        turn: () =>
          httpTurn({
            url,
            agent,
            body: { model, stream: true, messages },
            expected: replyLengthOf(model),
            lengthOf,
          }),
        close: () => Promise.resolve(),
      }),
    stop: () => {
      agent.destroy();
      return Promise.resolve();
    },
  };
}

function lengthOf(data: string): number {
  if (!data.startsWith("{")) return 0; // the closing [DONE]
  const chunk = JSON.parse(data) as { choices?: { delta?: { content?: string } }[] };
  return chunk.choices?.[0]?.delta?.content?.length ?? 0;
}
