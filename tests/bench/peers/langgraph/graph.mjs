// One node that asks the model: the smallest agent the peer's own documentation builds.
import { ChatOpenAI } from "@langchain/openai";
import { MessagesAnnotation, StateGraph } from "@langchain/langgraph";

const models = new Map();

function modelNamed(name) {
  const known = models.get(name);
  if (known) return known;
  const model = new ChatOpenAI({
    model: name,
    apiKey: "none",
    streaming: true,
    configuration: { baseURL: process.env.MODEL_URL },
  });
  models.set(name, model);
  return model;
}

export const graph = new StateGraph(MessagesAnnotation)
  .addNode("agent", async (state, config) => {
    const answer = await modelNamed(config.configurable.model).invoke(state.messages);
    return { messages: [answer] };
  })
  .addEdge("__start__", "agent")
  .compile();
