// What the clients of a chaos run do: mostly talk, sometimes wake agents, approve, cancel, repeat themselves, or drop off.
import { setTimeout as pause } from "node:timers/promises";

import type { Command, GroupEvent, MessageId } from "@acos/protocol";

import { script } from "../scripted-model.ts";
import type { ChaosClient } from "./chaos-client.ts";
import type { Random } from "./random.ts";

/** Name of the HTTP tool with effects that the agents of a chaos run have. */
export const EFFECT_TOOL = "deeds";
export const AGENT_HANDLES = ["ada", "grace", "mary"] as const;

/** Pause between two acts of one client: six of them give the product some dozens of commands a second. */
const ACT_MS = { least: 15, most: 120 } as const;

export interface Worker {
  readonly client: ChaosClient;
  readonly random: Random;
  /** Ends the acting when it says so; the client itself stays. */
  readonly isOver: () => boolean;
  /** Messages that this client's user has posted, oldest first. */
  readonly own: () => readonly MessageId[];
  /** Whether agents are left alone for a while. */
  readonly isQuiet: () => boolean;
}

/** Acts until it is over. Never throws: whatever fails while the product is down is done again by the client. */
export async function act(worker: Worker): Promise<void> {
  let count = 0;
  while (!worker.isOver()) {
    await pause(worker.random.between(ACT_MS.least, ACT_MS.most));
    if (!worker.client.isLive()) continue;
    count += 1;
    actOnce(worker, `${worker.client.name}-w${count}`);
  }
}

function actOnce({ client, random, own, isQuiet }: Worker, token: string): void {
  const handle = random.pick(AGENT_HANDLES);
  const dice = random.next();
  if (dice < 0.69) client.give(post(`${token} said in passing`), token);
  else if (dice < 0.72) edit(client, { random, own, token });
  else if (dice < 0.78 && isQuiet()) return;
  else if (dice < 0.75) client.give(post(`${token} @${handle} ${chatter(random)}`), token);
  else if (dice < 0.78) client.give(post(`${token} @${handle} ${deed(token)}`), token);
  else if (dice < 0.86) void client.giveByRest(post(`${token} said by REST`), token);
  else if (dice < 0.97) client.giveAgain();
  else client.drop();
}

const post = (text: string): Command => ({ kind: "message-post", parts: [{ type: "text", text }] });

/** Changes a message, most often one of the oldest: they are the first to lie in cold storage. */
function edit(
  client: ChaosClient,
  { random, own, token }: Pick<Worker, "random" | "own"> & { readonly token: string },
): void {
  const messages = own();
  if (messages.length === 0) return;
  const message = random.pick(random.chance(0.7) ? messages.slice(0, 20) : messages);
  client.give({
    kind: "message-edit",
    message,
    parts: [{ type: "text", text: `${token} edited` }],
  });
}

/** A run that only streams. */
function chatter(random: Random): string {
  const pieces = random.between(4, 40);
  return script({ text: "so many words ".repeat(pieces), pieces, pieceMs: random.between(5, 30) });
}

/** A run that calls a read-only tool and the tool with effects, then says so. */
function deed(token: string): string {
  return script(
    {
      text: "Let me see.",
      calls: [
        { tool: "calculate", arguments: { expression: "2 + 40" } },
        { tool: EFFECT_TOOL, arguments: { method: "POST", path: "/do", body: { deed: token } } },
      ],
    },
    { text: "It is done.", pieces: 3, pieceMs: 10 },
  );
}

/**
 * Answers what the group asks: most approvals are given, some denied, some given with other arguments, some by two
 * members at once; now and then a run is cancelled. Which client answers is the random source's choice.
 */
export function answerEvents(
  clients: readonly ChaosClient[],
  random: Random,
): (event: GroupEvent) => void {
  const seen = new Set<string>();
  return (event) => {
    if (event.kind === "approval-asked" && !seen.has(event.approval)) {
      seen.add(event.approval);
      decide(event, clients, random);
    }
    if (event.kind === "run-started" && !seen.has(event.run)) {
      seen.add(event.run);
      if (random.chance(0.03)) random.pick(clients).give({ kind: "run-cancel", run: event.run });
    }
  };
}

function decide(
  asked: Extract<GroupEvent, { kind: "approval-asked" }>,
  clients: readonly ChaosClient[],
  random: Random,
): void {
  const { approval } = asked;
  const client = random.pick(clients);
  const dice = random.next();
  if (dice < 0.15) return client.give({ kind: "approval-decide", approval, decision: "deny" });
  const approve: Command = { kind: "approval-decide", approval, decision: "approve" };
  if (dice < 0.3)
    return client.give({ ...approve, arguments: { ...asked.arguments, path: "/do-edited" } });
  client.give(approve);
  if (dice < 0.45) random.pick(clients).give(approve);
}
