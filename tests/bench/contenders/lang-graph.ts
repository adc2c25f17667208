// The LangGraph development server as a contender: one thread a conversation, its runs streamed as messages.
import { Agent } from "node:http";

import { replyLengthOf } from "../model-name.ts";
import { QUESTION, type Contender, type Conversation } from "./contender.ts";
import { httpTurn } from "./http-turn.ts";
import { startPeer } from "./peer.ts";

/** Installs and starts the LangGraph development server. Throws where it cannot be made to run here. */
export async function langGraph(modelUrl: string): Promise<Contender> {
  const peer = await startPeer("langgraph", modelUrl);
  const agent = new Agent({ keepAlive: true });
  return {
    name: "LangGraph",
    processIds: () => [peer.child.pid],
    open: (model) => openThread(peer.url, agent, model),
    stop: async () => {
      agent.destroy();
      await peer.stop();
    },
  };
}

async function openThread(server: string, agent: Agent, model: string): Promise<Conversation> {
  const answer = await fetch(`${server}/threads`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
  const { thread_id: thread } = (await answer.json()) as { thread_id: string };
  const body = {
    assistant_id: "bench",
    input: { messages: [{ role: "user", content: QUESTION }] },
    stream_mode: ["messages-tuple"],
    config: { configurable: { model } },
  };
  const url = new URL(`${server}/threads/${thread}/runs/stream`);
  const expected = replyLengthOf(model);
  return {
    turn: () => httpTurn({ url, agent, body, expected, lengthOf }),
    close: () => Promise.resolve(),
  };
}

/** Found by its first lines: parsing the long event whole would cost the client more than the server. */
function lengthOf(data: string): number {
  return /^\[\s*\{\s*"content": "([^"]*)"/.exec(data)?.[1]?.length ?? 0;
}
