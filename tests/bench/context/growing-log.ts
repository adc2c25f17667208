// A log that grows as the product would have written it: the group's own rules decide every message and every summary.
import { setImmediate } from "node:timers/promises";

import {
  composeSummaryRequest,
  decide,
  EMPTY_STATE,
  evolve,
  type Accepted,
  type GroupCommand,
  type GroupState,
} from "@acos/group";
import { makeId, type LogEvent, type MemberId } from "@acos/protocol";

import { chatter, FACTS } from "./chatter.ts";
import { writeSummary } from "./summary-writer.ts";

/** From one message to the next: a million of them are two years of a busy group. */
const MESSAGE_EVERY_MS = 60_000;
const PEOPLE = ["Lena", "Noor", "Tom"];
/** Messages of which the largest briefing is noted: several cuts of the window lie among them. */
const RECENT_MESSAGES = 1_000;

const MESSAGES_AT_A_TIME = 5_000;

/** A place in the log at which a group can be made of it. */
export interface GrownPoint {
  readonly messages: number;
  readonly state: GroupState;
  /** All messages so far under their labels, as a client would send them that resends its whole history. */
  readonly history: { readonly tokens: number; readonly bytes: number };
  /** The most that window and summary came to in the last thousand messages, in estimated tokens. */
  readonly mostTold: number;
}

export class GrowingLog {
  readonly #random: () => number;
  /** Contract: hears of all events, in order. */
  readonly #append: (events: readonly LogEvent[]) => void;
  readonly #people: readonly MemberId[];
  readonly #recent: number[] = [];
  #state: GroupState = EMPTY_STATE;
  #at: number;
  #messages = 0;
  #tokens = 0;
  #bytes = 0;

  /** `seed`: the first events of a group with an agent, as the product wrote them; they are told as of `startAt`. */
  constructor(
    { seed, startAt, random }: LogBeginning,
    append: (events: readonly LogEvent[]) => void,
  ) {
    this.#random = random;
    this.#append = append;
    this.#at = startAt;
    const begun = seed.map((placed) => ({ ...placed, at: startAt }));
    this.#state = begun.reduce(evolve, EMPTY_STATE);
    append(begun);
    for (const name of PEOPLE) this.#join(name);
    this.#people = [...this.#state.members.values()]
      .filter(({ type }) => type === "user")
      .map(({ member }) => member);
  }

  /** Posts messages up to a number of them, and on to where the window has just been cut, unless it never was. */
  async growTo(messages: number): Promise<GrownPoint> {
    while (this.#messages < messages) {
      this.#post();
      // Connections that others close meanwhile must be seen to be closed.
      if (this.#messages % MESSAGES_AT_A_TIME === 0) await setImmediate();
    }
    if (this.#state.summary !== null) while (!this.#post());
    return {
      messages: this.#messages,
      state: this.#state,
      history: { tokens: this.#tokens, bytes: this.#bytes },
      mostTold: Math.max(...this.#recent),
    };
  }

  /** One message, and the summary that it calls for; tells whether there was one. */
  #post(): boolean {
    this.#messages += 1;
    this.#at += MESSAGE_EVERY_MS;
    const fact = FACTS.find(({ at }) => at === this.#messages);
    const text = fact?.text ?? chatter(this.#messages, this.#random);
    const by = this.#people[this.#messages % this.#people.length]!;
    const { effects } = this.#write(saying(by, text));
    this.#count();
    const wanted = effects.find(({ kind }) => kind === "summarize");
    if (wanted?.kind !== "summarize") return false;
    const request = composeSummaryRequest(this.#state)!;
    const outcome = { ok: true, text: writeSummary(request), model: "bench", ...FREE } as const;
    this.#write({ kind: "summary-finish", summary: wanted.summary, outcome });
    if (this.#state.summary?.summary !== wanted.summary)
      throw new Error(`a summary at message ${this.#messages} did not pass its check`);
    return true;
  }

  #count(): void {
    const { window, windowTokens, summary } = this.#state;
    const { label, text, tokens } = window.at(-1)!;
    this.#tokens += tokens;
    this.#bytes += Buffer.byteLength(label) + Buffer.byteLength(text) + 1;
    this.#recent.push(windowTokens + (summary?.tokens ?? 0));
    if (this.#recent.length > RECENT_MESSAGES) this.#recent.shift();
  }

  #join(name: string): void {
    const random = Uint8Array.from({ length: 10 }, () => Math.floor(this.#random() * 256));
    const card = { user: makeId("user", this.#at, random), name, handle: name.toLowerCase() };
    this.#write({ kind: "member-put", by: null, put: { type: "user", card, role: "member" } });
  }

  #write(command: GroupCommand): Accepted {
    const accepted = decided(this.#state, command, this.#at, this.#random);
    this.#state = accepted.state;
    this.#append(accepted.events);
    return accepted;
  }
}

export interface LogBeginning {
  readonly seed: readonly LogEvent[];
  /** Milliseconds since the epoch. */
  readonly startAt: number;
  readonly random: () => number;
}

/** Milliseconds that so many messages take. */
export function spanOf(messages: number): number {
  return (messages + RECENT_MESSAGES) * MESSAGE_EVERY_MS;
}

const FREE = {
  usage: { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 },
  cost: 0,
};

/** A person's message. */
export function saying(by: MemberId, text: string): GroupCommand {
  const command = { kind: "message-post" as const, parts: [{ type: "text" as const, text }] };
  const nothing = { facts: null, digest: null, knownRun: false, parts: [] };
  return { kind: "member-command", by, command, ...nothing };
}

/** Decides a command. Throws when it is refused. */
export function decided(
  state: GroupState,
  command: GroupCommand,
  at: number,
  random: () => number,
): Accepted {
  const word = () => Math.floor(random() * 4_294_967_296);
  const decision = decide(state, command, { at, seed: [word(), word(), word(), word()] });
  if (!decision.ok) throw new Error(`${command.kind} was refused: ${decision.problem.message}`);
  return decision;
}
