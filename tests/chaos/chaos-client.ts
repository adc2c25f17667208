// A client as contract.md tells one to be: it keeps what it sent until it is acknowledged, and resends it after a reconnect.
import { setTimeout as pause } from "node:timers/promises";

import type { Command, GroupEvent, GroupFrame } from "@acos/protocol";

import { openSocket, type GroupSocket } from "../socket.ts";
import type { Rest } from "../rest.ts";
import type { Entry } from "./history.ts";
import type { Random } from "./random.ts";

export interface ChaosClientOptions {
  readonly name: string;
  readonly rest: Rest;
  readonly group: string;
  readonly random: Random;
  readonly record: (entry: Entry) => void;
  /** Called once for every event, replayed or live. */
  readonly onEvent: (event: GroupEvent) => void;
}

export interface ChaosClient {
  readonly name: string;
  isLive(): boolean;
  /** How far its current connection has come, for a reader of a failed run. */
  phase(): string;
  /** How many commands wait for their acknowledgement. */
  waiting(): number;
  /** Records the command, then sends it; now or after the next reconnect. */
  give(command: Command, token?: string): void;
  /** Sends an old command once more under its own id, as a client does that missed the answer. */
  giveAgain(): void;
  /** Gives a command by REST; when no answer comes it is resent on the socket. */
  giveByRest(command: Command, token?: string): Promise<void>;
  /** Breaks the socket; the client then comes back by itself. */
  drop(): void;
  /** Leaves for good. */
  leave(): Promise<void>;
}

/** Time between attempts to come back; short, because the time that the product takes to start is what is measured. */
const RECONNECT_MS = { least: 40, most: 160 } as const;
/**
 * How long a hello may go unanswered before a client tries anew. One that is on its way while the group is put away meets a
 * socket that is closing, and a WebSocket library waits 30 s for the end of a close.
 */
const HELLO_MS = 3_000;
/** Of what it has given, a client sends again only the newest: an archived group remembers 256 commands of all members. */
const AGAIN_MAX = 20;
/** A refusal that a later attempt may turn into an acknowledgement. */
const PASSING_REFUSALS: readonly string[] = ["rate_limited", "unavailable", "internal"];

interface State {
  readonly options: ChaosClientOptions;
  readonly pending: Map<string, Command>;
  readonly done: { id: string; command: Command }[];
  socket: GroupSocket | undefined;
  since: number;
  live: boolean;
  left: boolean;
  phase: string;
  phaseAt: number;
  commands: number;
  connections: number;
}

/** Starts a client that stays connected until it is told to leave. Its first connection asks for everything. */
export function startChaosClient(options: ChaosClientOptions): ChaosClient {
  const state: State = {
    options,
    pending: new Map(),
    done: [],
    socket: undefined,
    since: 0,
    live: false,
    left: false,
    phase: "new",
    phaseAt: Date.now(),
    commands: 0,
    connections: 0,
  };
  const ended = stayConnected(state);
  const send = (id: string, command: Command) => {
    if (state.live) state.socket?.send({ type: "command", id, command });
  };
  return {
    name: options.name,
    isLive: () => state.live,
    phase: () => `${options.name} ${state.phase} since ${Date.now() - state.phaseAt} ms`,
    waiting: () => state.pending.size,
    give: (command, token) => send(begin(state, command, token), command),
    giveAgain: () => {
      const recent = state.done.slice(-AGAIN_MAX);
      if (recent.length === 0) return;
      const old = options.random.pick(recent);
      send(old.id, old.command);
    },
    giveByRest: (command, token) => giveByRest(state, command, token),
    drop: () => state.socket?.terminate(),
    leave: async () => {
      state.left = true;
      state.socket?.terminate();
      await ended;
    },
  };
}

function begin(state: State, command: Command, token: string | undefined): string {
  state.commands += 1;
  const id = `${state.options.name}-c${state.commands}`;
  state.pending.set(id, command);
  const said = token === undefined ? {} : { token };
  state.options.record({ type: "sent", client: state.options.name, id, command, ...said });
  return id;
}

async function giveByRest(
  state: State,
  command: Command,
  token: string | undefined,
): Promise<void> {
  const { rest, group, name, record } = state.options;
  const id = begin(state, command, token);
  try {
    const answer = await rest.call<{ seq: number }>("POST", `/groups/${group}/commands`, {
      body: { id, command },
    });
    if (answer.status !== 200) return;
    record({ type: "acked", client: name, id, seq: answer.body.seq, via: "rest" });
    settle(state, id);
  } catch {
    // The product was killed under the request: the command stays pending and the next connection resends it.
  }
}

function settle(state: State, id: string): void {
  const command = state.pending.get(id);
  if (command === undefined) return;
  state.pending.delete(id);
  state.done.push({ id, command });
}

async function stayConnected(state: State): Promise<void> {
  const { options } = state;
  while (!state.left) {
    try {
      await runConnection(state);
      enterPhase(state, "closed");
    } catch (error) {
      // Not there yet, or killed during the handshake: that is what this client lives through.
      enterPhase(state, `refused (${String(error)})`);
    }
    state.live = false;
    state.socket = undefined;
    await pause(options.random.between(RECONNECT_MS.least, RECONNECT_MS.most));
  }
}

function enterPhase(state: State, phase: string): void {
  state.phase = phase;
  state.phaseAt = Date.now();
}

async function runConnection(state: State): Promise<void> {
  const { rest, group, name, record } = state.options;
  state.connections += 1;
  const connection = `${name}#${state.connections}`;
  enterPhase(state, "asks for a token and a socket");
  // Frames that come before `opened` is recorded cannot be: the group speaks only after the hello.
  const socket = await openSocket(rest, group, {
    onFrame: (frame) => take({ state, connection, frame }),
  });
  state.socket = socket;
  record({ type: "opened", client: name, connection, since: state.since });
  socket.send({ type: "hello", since: state.since, protocol: 1 });
  enterPhase(state, "said hello");
  if (state.left) socket.terminate();
  const impatience = setTimeout(() => {
    if (state.socket === socket && !state.live) socket.terminate();
  }, HELLO_MS);
  await socket.closed.finally(() => clearTimeout(impatience));
}

const RECORDED = new Set<GroupFrame["type"]>(["welcome", "event", "live", "delta", "reset"]);

function take(got: {
  readonly state: State;
  readonly connection: string;
  readonly frame: GroupFrame;
}): void {
  const { state, connection, frame } = got;
  const { name, record, onEvent } = state.options;
  if (RECORDED.has(frame.type)) record({ type: "frame", connection, frame });
  switch (frame.type) {
    case "event":
      state.since = frame.seq;
      return onEvent(frame.event);
    case "reset":
      state.since = frame.from;
      return;
    case "live":
      state.live = true;
      enterPhase(state, "live");
      for (const [id, command] of state.pending)
        state.socket?.send({ type: "command", id, command });
      return;
    case "ack":
      record({ type: "acked", client: name, id: frame.id, seq: frame.seq, via: "socket" });
      return settle(state, frame.id);
    case "refused":
      if (frame.id === undefined || PASSING_REFUSALS.includes(frame.problem.code)) return;
      record({ type: "refused", client: name, id: frame.id, code: frame.problem.code });
      return settle(state, frame.id);
    default:
  }
}
