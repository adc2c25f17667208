// AIChatAgent as a contender: one object a conversation, the frames that its own browser client sends and reads.
import { once } from "node:events";

import { WebSocket } from "ws";

import { replyLengthOf } from "../model-name.ts";
import { AnswerClock } from "./answer-clock.ts";
import { QUESTION, type Contender, type Conversation, type Watcher } from "./contender.ts";
import { startPeer } from "./peer.ts";
import { closed } from "./room.ts";
import { TextWatcher } from "./text-watcher.ts";

interface ChatMessage {
  readonly id: string;
  readonly role: "user" | "assistant";
  readonly parts: readonly { readonly type: "text"; readonly text: string }[];
}
interface ResponseFrame {
  readonly type: string;
  readonly body?: string;
  readonly done?: boolean;
  readonly error?: boolean;
}

/** Installs and starts AIChatAgent in workerd. Throws where it cannot be made to run here. */
export async function aiChatAgent(modelUrl: string): Promise<Contender> {
  const peer = await startPeer("aichatagent", modelUrl);
  let opened = 0;
  return {
    name: "AIChatAgent",
    processIds: () => [peer.child.pid],
    open: (model) => {
      const url = `${peer.url.replace("http", "ws")}/agents/chat/bench-${(opened += 1)}`;
      return openChat(url, model);
    },
    stop: () => peer.stop(),
  };
}

async function openChat(url: string, model: string): Promise<Conversation> {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  let onFrame: (frame: ResponseFrame) => void = () => undefined;
  socket.on("message", (data) => onFrame(JSON.parse(String(data)) as ResponseFrame));
  await once(socket, "open");
  // Its client sends the whole list with every turn, so the list is kept here.
  const said: ChatMessage[] = [];
  const ask = () => {
    const id = `q${said.length}`;
    said.push({ id, role: "user", parts: [{ type: "text", text: QUESTION }] });
    const body = JSON.stringify({ messages: said, model, trigger: "submit-message" });
    const init = { method: "POST", body };
    socket.send(JSON.stringify({ type: "cf_agent_use_chat_request", id, url, init }));
  };
  return {
    turn: () =>
      new Promise((resolve, reject) => {
        const answer = new ChatAnswer(replyLengthOf(model));
        onFrame = (frame) => {
          if (frame.error) reject(new Error(frame.body));
          if (!answer.take(frame)) return;
          said.push(answer.message());
          resolve(answer.clock.timing());
        };
        ask();
      }),
    watch: () => watchChat(url),
    seed: (count) => {
      for (let index = 0; index < count; index += 1)
        said.push({
          id: `s${index}`,
          role: "user",
          parts: [{ type: "text", text: `message ${index}` }],
        });
      return Promise.resolve();
    },
    close: () => closed(socket),
  };
}

class ChatAnswer {
  readonly clock: AnswerClock;
  #id = "";
  #text = "";

  constructor(expected: number) {
    this.clock = new AnswerClock(expected);
  }

  /** Takes a frame; true when it was the last. */
  take(frame: ResponseFrame): boolean {
    if (frame.type !== "cf_agent_use_chat_response") return false;
    if (frame.done) return true;
    const part = JSON.parse(frame.body ?? "{}") as {
      type: string;
      delta?: string;
      messageId?: string;
    };
    if (part.type === "start") this.#id = part.messageId ?? "";
    if (part.type === "text-delta") {
      this.#text += part.delta ?? "";
      this.clock.reach(this.#text.length);
    }
    return false;
  }

  message(): ChatMessage {
    return { id: this.#id, role: "assistant", parts: [{ type: "text", text: this.#text }] };
  }
}

async function watchChat(url: string): Promise<Watcher> {
  const text = new TextWatcher();
  const socket = new WebSocket(url, { perMessageDeflate: false });
  socket.on("message", (data: Buffer) => {
    text.count(data.byteLength);
    if (data.byteLength > 10_000) return; // a whole list again: counted, not parsed
    const frame = JSON.parse(String(data)) as ResponseFrame;
    if (frame.type !== "cf_agent_use_chat_response") return;
    if (frame.done) text.end();
    else text.grow((JSON.parse(frame.body ?? "{}") as { delta?: string }).delta?.length ?? 0);
  });
  await once(socket, "open");
  return {
    bytes: () => text.bytes,
    seen: (length) => text.seen(length),
    close: () => closed(socket),
  };
}
