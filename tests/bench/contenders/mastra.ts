// Mastra as a contender: one thread a conversation, the agent's stream route.
import { Agent } from "node:http";

import { replyLengthOf } from "../model-name.ts";
import { QUESTION, type Contender } from "./contender.ts";
import { httpTurn } from "./http-turn.ts";
import { startPeer } from "./peer.ts";

/** Installs and starts Mastra. Throws where it cannot be made to run here. */
export async function mastra(modelUrl: string): Promise<Contender> {
  const peer = await startPeer("mastra", modelUrl);
  const agent = new Agent({ keepAlive: true });
  const url = new URL(`${peer.url}/api/agents/bench/stream`);
  let threads = 0;
  return {
    name: "Mastra",
    processIds: () => [peer.child.pid],
    open: (model) => {
      const memory = { thread: `thread-${(threads += 1)}`, resource: "bench" };
      const messages = [{ role: "user", content: QUESTION }];
      const body = { messages, memory, requestContext: { model } };
      const expected = replyLengthOf(model);
      return Promise.resolve({
        turn: () => httpTurn({ url, agent, body, expected, lengthOf }),
        close: () => Promise.resolve(),
      });
    },
    stop: async () => {
      agent.destroy();
      await peer.stop();
    },
  };
}

function lengthOf(data: string): number {
  if (!data.includes('"type":"text-delta"')) return 0;
  return (JSON.parse(data) as { payload: { text: string } }).payload.text.length;
}
