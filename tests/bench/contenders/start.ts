// Which contenders a run has, and how each is started.
import type { ContenderName } from "../harness/figures.ts";
import { wordsOf } from "../harness/world.ts";
import { aiChatAgent } from "./ai-chat-agent.ts";
import type { Contender } from "./contender.ts";
import { directCall } from "./direct-call.ts";
import { langGraph } from "./lang-graph.ts";
import { mastra } from "./mastra.ts";
import { productContender } from "./product.ts";
import { bareRoom } from "./room.ts";

type Start = (modelUrl: string) => Contender | Promise<Contender>;

/** Bare commands are no contenders that hold conversations: their suite runs them itself. */
const STARTS: Readonly<Partial<Record<ContenderName, Start>>> = {
  direct: directCall,
  "bare-room": bareRoom,
  acos: (modelUrl) => productContender(modelUrl),
  AIChatAgent: aiChatAgent,
  Mastra: mastra,
  LangGraph: langGraph,
};

/** Starts one contender. Throws where it cannot be made to run here. */
export async function startContender(name: ContenderName, modelUrl: string): Promise<Contender> {
  const start = STARTS[name];
  if (start === undefined) throw new Error(`${name} holds no conversations`);
  return start(modelUrl);
}

export interface Started {
  readonly contenders: readonly Contender[];
  /** Those that could not be started, with words. */
  readonly missing: ReadonlyMap<ContenderName, string>;
}

/** Starts several, one after another; one that cannot be made to run here is left out with words. */
export async function startContenders(
  names: readonly ContenderName[],
  modelUrl: string,
): Promise<Started> {
  const contenders: Contender[] = [];
  const missing = new Map<ContenderName, string>();
  for (const name of names)
    try {
      contenders.push(await startContender(name, modelUrl));
    } catch (error) {
      missing.set(name, `${name} cannot be made to run here: ${wordsOf(error)}`);
    }
  return { contenders, missing };
}
