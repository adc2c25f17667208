// The bare Node room as a contender: its client speaks the frames of bare-room/room.ts.
import { once } from "node:events";

import { WebSocket } from "ws";

import { startChild } from "../harness/child-process.ts";
import { replyLengthOf } from "../model-name.ts";
import { AnswerClock } from "./answer-clock.ts";
import {
  QUESTION,
  type Contender,
  type Conversation,
  type Poster,
  type TurnTiming,
  type Watcher,
} from "./contender.ts";
import { PacedPosts } from "./paced-posts.ts";
import { TextWatcher } from "./text-watcher.ts";

interface Frame {
  readonly type: "delta" | "message" | "ack" | "failed";
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

async function connect(url: string, onFrame: (frame: Frame, bytes: number) => void) {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  socket.on("message", (data: Buffer) =>
    onFrame(JSON.parse(String(data)) as Frame, data.byteLength),
  );
  await once(socket, "open");
  return socket;
}

async function openRoom(url: string, model: string): Promise<Conversation> {
  let onFrame: (frame: Frame) => void = () => undefined;
  const socket = await connect(url, (frame) => onFrame(frame));
  const turn = () =>
    new Promise<TurnTiming>((resolve, reject) => {
      const clock = new AnswerClock(replyLengthOf(model));
      onFrame = (frame) => {
        if (frame.type === "delta") clock.grow(frame.text?.length ?? 0);
        else if (frame.type === "failed") reject(new Error(frame.text));
        else if (frame.by === "agent") resolve(clock.timing());
      };
      socket.send(JSON.stringify({ id: "turn", text: QUESTION, model }));
    });
  return {
    turn,
    watch: () => watchRoom(url),
    poster: () => postToRoom(url),
    seed: (count) => postedBy(() => postToRoom(url), count),
    close: () => closed(socket),
  };
}

async function postToRoom(url: string): Promise<Poster> {
  const posts = new PacedPosts((index) =>
    socket.send(JSON.stringify({ id: String(index), text: `message ${index}` })),
  );
  const socket = await connect(url, (frame) => {
    if (frame.type === "ack") posts.acknowledged();
  });
  return { post: (count) => posts.post(count), close: () => closed(socket) };
}

async function watchRoom(url: string): Promise<Watcher> {
  const text = new TextWatcher();
  const socket = await connect(url, (frame, bytes) => {
    text.count(bytes);
    if (frame.type === "delta") text.grow(frame.text?.length ?? 0);
    else if (frame.by === "agent") text.end();
  });
  return {
    bytes: () => text.bytes,
    seen: (length) => text.seen(length),
    close: () => closed(socket),
  };
}

/** Opens a poster, lets it post that many and closes it. */
export async function postedBy(open: () => Promise<Poster>, count: number): Promise<void> {
  const poster = await open();
  await poster.post(count);
  await poster.close();
}

/** Closes a socket and resolves when it is. */
export async function closed(socket: WebSocket): Promise<void> {
  if (socket.readyState === WebSocket.CLOSED) return;
  const gone = once(socket, "close");
  socket.close();
  await gone;
}
