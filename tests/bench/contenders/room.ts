// The bare Node room as a contender: its client speaks the three frames of bare-room/room.ts.
import { once } from "node:events";

import { WebSocket } from "ws";

import { startChild } from "../harness/child-process.ts";
import { replyLengthOf } from "../model-name.ts";
import { AnswerClock } from "./answer-clock.ts";
import { QUESTION, type Contender, type Conversation, type Watcher } from "./contender.ts";
import { TextWatcher } from "./text-watcher.ts";

interface Frame {
  readonly type: "delta" | "message" | "ack" | "failed";
  readonly id?: string;
  readonly by?: "user" | "agent";
  readonly text?: string;
}

/** Starts the bare room in a process of its own. */
export async function bareRoom(modelUrl: string): Promise<Contender> {
  const script = new URL("../bare-room/room.ts", import.meta.url).pathname;
  const child = await startChild({
    command: process.execPath,
    args: [script, modelUrl],
    readyPattern: /listening (ws:\S+)/,
  });
  let opened = 0;
  return {
    name: "bare-room",
    processIds: () => [child.pid],
    open: (model) => openRoom(`${child.ready}/${(opened += 1)}`, model),
    stop: () => child.stop(),
  };
}

async function connect(url: string, onFrame: (frame: Frame) => void): Promise<WebSocket> {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  socket.on("message", (data) => onFrame(JSON.parse(String(data)) as Frame));
  await once(socket, "open");
  return socket;
}

async function openRoom(url: string, model: string): Promise<Conversation> {
  let onFrame: (frame: Frame) => void = () => undefined;
  const socket = await connect(url, (frame) => onFrame(frame));
  return {
    turn: () =>
      new Promise((resolve, reject) => {
        const clock = new AnswerClock(replyLengthOf(model));
        onFrame = (frame) => {
          if (frame.type === "delta") clock.grow(frame.text?.length ?? 0);
          else if (frame.type === "failed") reject(new Error(frame.text));
          else if (frame.by === "agent") resolve(clock.timing());
        };
        socket.send(JSON.stringify({ id: "turn", text: QUESTION, model }));
      }),
    watch: () => watchRoom(url),
    seed: (count) => postAll(socket, count, (listen) => (onFrame = listen)),
    close: () => closed(socket),
  };
}

function postAll(
  socket: WebSocket,
  count: number,
  listen: (onFrame: (frame: Frame) => void) => void,
): Promise<void> {
  return new Promise((resolve) => {
    let acknowledged = 0;
    listen((frame) => {
      if (frame.type === "ack") acknowledged += 1;
      if (acknowledged === count) resolve();
    });
    for (let index = 0; index < count; index += 1)
      socket.send(JSON.stringify({ id: String(index), text: `message ${index}` }));
  });
}

async function watchRoom(url: string): Promise<Watcher> {
  const text = new TextWatcher();
  const socket = new WebSocket(url, { perMessageDeflate: false });
  socket.on("message", (data: Buffer) => {
    text.count(data.byteLength);
    const frame = JSON.parse(String(data)) as Frame;
    if (frame.type === "delta") text.grow(frame.text?.length ?? 0);
    else if (frame.by === "agent") text.end();
  });
  await once(socket, "open");
  return {
    bytes: () => text.bytes,
    seen: (length) => text.seen(length),
    close: () => closed(socket),
  };
}

/** Closes a socket and resolves when it is. */
export async function closed(socket: WebSocket): Promise<void> {
  if (socket.readyState === WebSocket.CLOSED) return;
  const gone = once(socket, "close");
  socket.close();
  await gone;
}
