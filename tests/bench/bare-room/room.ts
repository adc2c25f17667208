// The bare Node room: the least that can be called a group with an agent. Node http and ws, all in RAM, no identity, no
// log, no authentication, one frame per token and socket. It is the limit that the product is measured against.
import { createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";

import { WebSocketServer, type WebSocket } from "ws";

interface Room {
  readonly sockets: Set<WebSocket>;
  readonly said: { role: "user" | "assistant"; content: string }[];
}

/** Messages of the past that the model is sent: a bare room has no summary, so it sends the newest only. */
const WINDOW_MESSAGES = 20;
const modelUrl = new URL(`${process.argv[2]}/chat/completions`);
const rooms = new Map<string, Room>();

function tell(room: Room, frame: object): void {
  const text = JSON.stringify(frame);
  for (const socket of room.sockets) socket.send(text);
}

function askModel(room: Room, model: string): void {
  const messages = room.said.slice(-WINDOW_MESSAGES);
  const body = JSON.stringify({ model, stream: true, messages });
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
  const call = httpRequest(modelUrl, { method: "POST", headers }, (response) => {
    let held = "";
    let answer = "";
    response.setEncoding("utf8");
    response.on("data", (chunk: string) => {
      const lines = (held + chunk).split("\n");
      held = lines.pop() ?? "";
      for (const line of lines) {
        const text = tokenOf(line);
        if (text === "") continue;
        answer += text;
        tell(room, { type: "delta", text });
      }
    });
    response.on("end", () => {
      room.said.push({ role: "assistant", content: answer });
      tell(room, { type: "message", by: "agent", text: answer });
    });
  });
  call.on("error", (error) => tell(room, { type: "failed", text: error.message }));
  call.end(body);
}

function tokenOf(line: string): string {
  if (!line.startsWith("data: {")) return "";
  const chunk = JSON.parse(line.slice(6)) as { choices?: { delta?: { content?: string } }[] };
  return chunk.choices?.[0]?.delta?.content ?? "";
}

function take(room: Room, from: WebSocket, text: string): void {
  const frame = JSON.parse(text) as { id: string; text: string; model?: string };
  room.said.push({ role: "user", content: frame.text });
  tell(room, { type: "message", by: "user", text: frame.text });
  from.send(JSON.stringify({ type: "ack", id: frame.id }));
  if (frame.model !== undefined) askModel(room, frame.model);
}

const server = createServer((_request, response) => response.end("ok"));
new WebSocketServer({ server }).on("connection", (socket, request) => {
  const name = request.url ?? "/";
  const room = rooms.get(name) ?? { sockets: new Set(), said: [] };
  rooms.set(name, room);
  room.sockets.add(socket);
  socket.on("message", (data) => take(room, socket, String(data)));
  socket.on("close", () => room.sockets.delete(socket));
});
server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`listening ws://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
