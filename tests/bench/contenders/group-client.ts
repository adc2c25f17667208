// One socket on one of the product's groups, as lean as a client can be: it reads what it needs of each frame and keeps
// nothing, so that the client's own work does not pass for the product's.
import { once } from "node:events";

import type { GroupFrame } from "@acos/protocol";
import { WebSocket } from "ws";

import type { Rest } from "../../rest.ts";
import { replyLengthOf } from "../model-name.ts";
import { AnswerClock } from "./answer-clock.ts";
import { QUESTION, type Poster, type TurnTiming, type Watcher } from "./contender.ts";
import { PacedPosts } from "./paced-posts.ts";
import { closed } from "./room.ts";
import { TextWatcher } from "./text-watcher.ts";

/** What came of a message. */
export interface Asked {
  readonly runs: readonly string[];
  /** What the runs said, in the order in which it came. */
  readonly answers: readonly string[];
}

type OnFrame = (frame: GroupFrame, bytes: number) => void;

/** Opens a socket on a group and resolves when it is live. Throws when the handshake or the hello is refused. */
export async function openGroupClient(rest: Rest, group: string): Promise<GroupClient> {
  const token = await rest.post<{ routing_token: string; ws_url: string }>(
    `/groups/${group}/token`,
  );
  const url = `${token.ws_url}?token=${token.routing_token}`;
  const socket = new WebSocket(url, { perMessageDeflate: false });
  const client = new GroupClient(socket);
  const live = client.until((frame) => {
    if (frame.type === "event") client.seen.push(frame);
    return frame.type === "live";
  });
  await once(socket, "open");
  socket.send(JSON.stringify({ type: "hello", protocol: 1 }));
  await live;
  return client;
}

export class GroupClient {
  /** Events of the replay that came before it was live. */
  readonly seen: GroupFrame[] = [];
  readonly #socket: WebSocket;
  #onFrame: OnFrame = () => undefined;
  #commands = 0;
  /** Told apart from every other client's: a command id counts once in its group. */
  readonly #name = Math.random().toString(36).slice(2);

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data: Buffer) =>
      this.#onFrame(JSON.parse(String(data)) as GroupFrame, data.byteLength),
    );
  }

  /** Resolves with the first frame that satisfies; rejects on a refusal or when the socket closes. */
  until(satisfies: (frame: GroupFrame) => boolean): Promise<GroupFrame> {
    return new Promise((resolve, reject) => {
      this.#socket.once("close", (code) => reject(new Error(`the socket closed with ${code}`)));
      this.#socket.once("error", reject);
      this.#onFrame = (frame) => {
        if (satisfies(frame)) resolve(frame);
        else if (frame.type === "refused") reject(new Error(frame.problem.message));
      };
    });
  }

  /** Posts text under the next command id; does not wait. */
  send(text: string): void {
    const command = { kind: "message-post", parts: [{ type: "text", text }] };
    const id = `${this.#name}-${(this.#commands += 1)}`;
    this.#socket.send(JSON.stringify({ type: "command", id, command }));
  }

  /** One question to the agent: until its run has ended. Rejects when the run ended in any way but well. */
  turn(handle: string, model: string): Promise<TurnTiming> {
    return new Promise((resolve, reject) => {
      const clock = new AnswerClock(replyLengthOf(model));
      this.#onFrame = (frame) => {
        if (frame.type === "delta") clock.reach(frame.offset + frame.text.length);
        else if (frame.type === "refused") reject(new Error(frame.problem.message));
        else if (frame.type === "event" && frame.event.kind === "message-posted")
          clock.reach(frame.event.run === undefined ? 0 : lengthOf(frame.event.parts));
        else if (frame.type === "event" && frame.event.kind === "run-ended")
          settle(frame.event, () => resolve(clock.timing()), reject);
      };
      this.send(`@${handle} ${QUESTION}`);
    });
  }

  /** Says something and waits until every run that it wakes has ended; rejects when one ended in any way but well. */
  ask(text: string): Promise<Asked> {
    return new Promise((resolve, reject) => {
      const open = new Set<string>();
      const asked = { runs: [] as string[], answers: [] as string[] };
      this.#onFrame = (frame) => {
        if (frame.type === "refused") reject(new Error(frame.problem.message));
        if (frame.type !== "event") return;
        const { event } = frame;
        if (event.kind === "run-queued") {
          asked.runs.push(event.run);
          open.add(event.run);
        } else if (event.kind === "message-posted" && open.has(event.run ?? ""))
          asked.answers.push(event.parts.map((part) => part.text).join("\n"));
        else if (event.kind === "run-ended" && open.delete(event.run) && event.outcome !== "done")
          settle(event, () => undefined, reject);
        else if (event.kind === "run-ended" && asked.runs.length > 0 && open.size === 0)
          resolve(asked);
      };
      this.send(text);
    });
  }

  /** From now on this client only looks on. */
  watcher(): Watcher {
    const text = new TextWatcher();
    this.#onFrame = (frame, bytes) => {
      text.count(bytes);
      if (frame.type === "delta") text.reach(frame.offset + frame.text.length, frame.message);
      else if (frame.type === "event" && frame.event.kind === "message-posted") {
        const { run, parts, message } = frame.event;
        if (run !== undefined) text.reach(lengthOf(parts), message);
      } else if (frame.type === "event" && frame.event.kind === "run-ended") text.end();
    };
    return {
      bytes: () => text.bytes,
      seen: (length) => text.seen(length),
      close: () => this.close(),
    };
  }

  /** From now on this client only posts. */
  poster(): Poster {
    const posts = new PacedPosts((index) => this.send(`message ${index}`));
    this.#onFrame = (frame) => {
      if (frame.type === "ack") posts.acknowledged();
      else if (frame.type === "refused") throw new Error(`refused: ${frame.problem.message}`);
    };
    return { post: (count) => posts.post(count), close: () => this.close() };
  }

  /** Closes the socket and resolves when it is. */
  close(): Promise<void> {
    return closed(this.#socket);
  }
}

function lengthOf(parts: readonly { readonly type: string; readonly text: string }[]): number {
  return parts.reduce((sum, part) => sum + (part.type === "text" ? part.text.length : 0), 0);
}

function settle(
  ended: { readonly outcome: string; readonly reason?: string | undefined },
  resolve: () => void,
  reject: (error: unknown) => void,
): void {
  if (ended.outcome !== "done")
    return reject(new Error(`the run ended ${ended.outcome}: ${ended.reason ?? "no reason"}`));
  try {
    resolve();
  } catch (error) {
    reject(error);
  }
}
