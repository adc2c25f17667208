// What the whole-star tests share: one product with a scripted model and a service with effects, and short words for what users do.
import { rmSync } from "node:fs";

import type {
  AgentView,
  Command,
  EventOf,
  GroupEventKind,
  GroupFrame,
  GroupView,
  LogEvent,
  Problem,
} from "@acos/protocol";

import { startEffectServer, type EffectServer } from "../effect-server.ts";
import { startProduct, type Product } from "../product.ts";
import { signUp, type Rest, type SignedUpUser } from "../rest.ts";
import { startScriptedModel, type ScriptedModel } from "../scripted-model.ts";
import { openSocket, type GroupSocket } from "../socket.ts";

export interface Scene {
  readonly product: Product;
  readonly model: ScriptedModel;
  readonly effects: EffectServer;
  /** Has the provider `scripted`, whose model `actor` does what a message's script says. */
  readonly owner: SignedUpUser;
  /** Makes an agent of the owner's on the scripted model. */
  agent(handle: string, extra?: object): Promise<AgentView>;
  /** Makes a group of the owner's with these agents. */
  group(agents: readonly AgentView[], policy?: object): Promise<GroupView>;
  close(): Promise<void>;
}

interface SceneOptions {
  /** Further local hosts that tools may call. */
  readonly egressAllow?: readonly string[];
  /** What the product is told beside that. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts a product with an owner and a provider. Throws when any of it is refused. */
export async function openScene({ egressAllow = [], env = {} }: SceneOptions = {}): Promise<Scene> {
  const model = await startScriptedModel();
  const effects = await startEffectServer();
  const product = await startProduct({
    env: {
      ACOS_EGRESS_ALLOW: [effects.host, ...egressAllow].join(","),
      ACOS_REHEARSAL_DELAY_MS: "5",
      ...env,
    },
  });
  const owner = await makeOwner(product, model).catch(async (error: unknown) => {
    await product.kill9();
    throw error;
  });
  return {
    product,
    model,
    effects,
    owner,
    agent: (handle, extra) =>
      owner.rest.post(`/orgs/${owner.org}/agents`, {
        handle,
        name: handle,
        instructions: `You are ${handle}.`,
        model: "scripted/actor",
        ...extra,
      }),
    group: (agents, policy) =>
      owner.rest.post(`/orgs/${owner.org}/groups`, {
        name: "Scene",
        agents: agents.map((agent) => ({ id: agent.id })),
        ...(policy === undefined ? {} : { policy }),
      }),
    close: async () => {
      await product.stop();
      await Promise.all([model.close(), effects.close()]);
      rmSync(product.data, { recursive: true, force: true });
    },
  };
}

async function makeOwner(product: Product, model: ScriptedModel): Promise<SignedUpUser> {
  const owner = await signUp(product.url, "Olive");
  await owner.rest.put(`/orgs/${owner.org}/providers/scripted`, {
    kind: "openai-compatible",
    baseUrl: model.url,
    apiKey: "sk-very-secret-1234",
  });
  return owner;
}

/** Opens a socket, says hello and waits until it is live. Without `since` the newest events are replayed. */
export async function enter(rest: Rest, group: string, since?: number): Promise<GroupSocket> {
  const socket = await openSocket(rest, group);
  socket.send({ type: "hello", protocol: 1, ...(since === undefined ? {} : { since }) });
  await socket.waitFor(only("live"), "live");
  return socket;
}

/** Picks frames of one type. */
export function only<T extends GroupFrame["type"]>(type: T) {
  return (frame: GroupFrame) =>
    frame.type === type ? (frame as Extract<GroupFrame, { type: T }>) : undefined;
}

let commands = 0;
/** A command id that no other command of this test process has. */
export const newCommandId = (): string => `t-${(commands += 1)}`;

/** Gives a command and answers the seq of its acknowledgement. Throws when it is refused. */
export async function give(
  socket: GroupSocket,
  command: Command,
  id = newCommandId(),
): Promise<number> {
  const answer = await send(socket, command, id);
  if (answer.type === "ack") return answer.seq;
  throw new Error(`Refused: ${JSON.stringify(answer.problem)}`);
}

/** Gives a command that has to be refused and answers why. Throws when it is acknowledged. */
export async function refused(
  socket: GroupSocket,
  command: unknown,
  id = newCommandId(),
): Promise<Problem> {
  const answer = await send(socket, command, id);
  if (answer.type === "refused") return answer.problem;
  throw new Error(`Acknowledged as ${answer.seq}, but it should have been refused.`);
}

function send(socket: GroupSocket, command: unknown, id: string) {
  const seen = socket.frames.length;
  socket.send({ type: "command", id, command });
  return socket.waitFor(
    (frame) =>
      (frame.type === "ack" || frame.type === "refused") &&
      frame.id === id &&
      socket.frames.indexOf(frame) >= seen
        ? frame
        : undefined,
    `answer to ${id}`,
  );
}

/** Posts text and answers the event that it became. */
export async function say(
  socket: GroupSocket,
  text: string,
  replyTo?: string,
): Promise<LogEvent & { event: EventOf<"message-posted"> }> {
  const reply = replyTo === undefined ? {} : { replyTo };
  const command = { kind: "message-post", parts: [{ type: "text", text }], ...reply };
  const seq = await give(socket, command as Command);
  return event(socket, "message-posted", (_posted, at) => at === seq);
}

/** Waits for the first event of a kind, old or new, that fits. */
export function event<K extends GroupEventKind>(
  socket: GroupSocket,
  kind: K,
  fits: (event: EventOf<K>, seq: number) => boolean = () => true,
): Promise<LogEvent & { event: EventOf<K> }> {
  return socket.waitFor((frame) => {
    if (frame.type !== "event" || frame.event.kind !== kind) return undefined;
    const found = { seq: frame.seq, at: frame.at, event: frame.event as EventOf<K> };
    return fits(found.event, found.seq) ? found : undefined;
  }, kind);
}

/** Waits for the run that a message woke, to its end. Throws when the message woke none. */
export async function runOf(
  socket: GroupSocket,
  posted: LogEvent & { event: EventOf<"message-posted"> },
): Promise<EventOf<"run-ended">> {
  const queued = await event(socket, "run-queued", (one) => one.trigger === posted.event.message);
  return endOf(socket, queued.event.run);
}

/** Waits for a run's end. */
export async function endOf(socket: GroupSocket, run: string): Promise<EventOf<"run-ended">> {
  return (await event(socket, "run-ended", (ended) => ended.run === run)).event;
}

/** The events that a socket has been shown so far, in order. */
export function eventsOf(socket: GroupSocket): LogEvent[] {
  return socket.frames.filter((frame) => frame.type === "event");
}

/** What has been streamed of a message's part. Throws when a delta does not go on where the one before ended. */
export function streamed(socket: GroupSocket, message: string, part = 0): string {
  let text = "";
  for (const frame of socket.frames) {
    if (frame.type !== "delta" || frame.message !== message || frame.part !== part) continue;
    if (frame.offset !== 0 && frame.offset !== text.length)
      throw new Error(`A delta at ${frame.offset}, but ${text.length} had come.`);
    text = text.slice(0, frame.offset) + frame.text;
  }
  return text;
}

/** The text of a message's parts. */
export function textOf(posted: { readonly event: EventOf<"message-posted"> }): string {
  return posted.event.parts.map((part) => part.text).join("");
}
