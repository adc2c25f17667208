// What every contender offers the suites: conversations of one client with one agent, and onlookers where it knows such.
import type { ContenderName } from "../harness/figures.ts";

export interface TurnTiming {
  /** Milliseconds from the post to the first text of the answer … */
  readonly firstMs: number;
  /** … and to its last. */
  readonly lastMs: number;
}

/** One more socket on the same conversation that only looks on. */
export interface Watcher {
  /** Bytes of WebSocket payload received so far. */
  bytes(): number;
  /** The time (`performance.now()`) at which text of this length of the next answer is there. Call it before the turn. */
  seen(length: number): Promise<number>;
  close(): Promise<void>;
}

/** One more client that posts messages which nobody answers. */
export interface Poster {
  /** Posts that many and resolves when every one is acknowledged. */
  post(count: number): Promise<void>;
  close(): Promise<void>;
}

/** Messages a poster sends before it waits for acknowledgements. */
export const POSTS_IN_FLIGHT = 50;

/** One conversation: a fresh group, thread or object with one agent and one connected client. */
export interface Conversation {
  /** Posts one message and resolves when the whole answer is there and its run has ended. Throws when it fails. */
  turn(): Promise<TurnTiming>;
  watch?(): Promise<Watcher>;
  /** Puts that many earlier messages into the conversation, as fast as the contender allows; nobody answers them. */
  seed?(count: number): Promise<void>;
  /** One more client of the same conversation that posts. */
  poster?(): Promise<Poster>;
  close(): Promise<void>;
}

export interface Contender {
  readonly name: ContenderName;
  /** Root processes; whatever they started counts as theirs. Empty where the contender is the caller itself. */
  processIds(): readonly number[];
  open(model: string): Promise<Conversation>;
  stop(): Promise<void>;
}

/** What the client says in every turn. */
export const QUESTION = "Please answer with the words that you were given.";
