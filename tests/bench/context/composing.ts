// What composing a briefing costs, on the states that the grown logs fold to, by the package that the product runs.
import { composeBriefing, type GroupState } from "@acos/group";
import type { AgentMember } from "@acos/protocol";

import { seededRandom } from "../harness/rounds.ts";
import { decided, saying } from "./growing-log.ts";

const random = seededRandom(2);

/** A group's life in this process, one question and answer at a time. */
export class Composing {
  #state: GroupState;
  readonly #agent: AgentMember;

  /** Contract: the state has an agent and nothing under way. */
  constructor(state: GroupState) {
    this.#state = state;
    this.#agent = [...state.members.values()].find((member) => member.type === "agent")!;
  }

  /** Asks the agent something and answers in microseconds how long its briefing took to compose. */
  turn(): number {
    const by = [...this.#state.members.values()].find(({ type }) => type === "user")!.member;
    const text = `@${this.#agent.handle} how far are we?`;
    const asked = decided(this.#state, saying(by, text), Date.now(), random);
    const effect = asked.effects.find(({ kind }) => kind === "brief");
    if (effect?.kind !== "brief") throw new Error("nobody was asked to answer");
    const began = performance.now();
    const briefing = composeBriefing(asked.state, effect.run);
    const took = performance.now() - began;
    if (briefing === null) throw new Error("there was nothing to compose");
    const ended = {
      kind: "turn-finish",
      run: effect.run,
      turn: effect.turn,
      attempt: effect.attempt,
      parts: [{ type: "text", text: "Far enough." }],
      calls: [],
      finish: "stop",
      usage: { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 },
      cost: 0,
      model: "bench",
    } as const;
    this.#state = decided(asked.state, ended, Date.now(), random).state;
    return took * 1000;
  }
}
