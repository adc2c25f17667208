// A stand-in for the in-sandbox agent: the few paths that the host's own tests need, with nothing that defends itself.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Plain JavaScript, run by the sandbox's Node. Files are read and written through links, wherever they lead in the sandbox. */
const SOURCE = String.raw`
const http = require("node:http");
const fs = require("node:fs");
const { spawn } = require("node:child_process");
const json = (answer, status, body) =>
  answer.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
const running = new Map();
const procs = (asked, answer, body) => {
  const { command, process: name, env, background } = JSON.parse(body);
  const child = spawn("/bin/bash", ["-c", command], { cwd: "/workspace", env: { ...process.env, ...env }, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  const id = name ?? String(child.pid);
  running.set(id, child);
  let seq = 0;
  answer.writeHead(200, { "content-type": "application/x-ndjson" });
  const say = (frame) => answer.write(JSON.stringify(frame) + "\n");
  say({ t: "start", seq: ++seq, process: id });
  for (const [t, from] of [["out", child.stdout], ["err", child.stderr]]) {
    from.on("data", (bytes) => {
      if (!say({ t, seq: ++seq, b64: bytes.toString("base64") })) { from.pause(); answer.once("drain", () => from.resume()); }
    });
  }
  const kill = () => { if (running.get(id) === child) try { process.kill(-child.pid, "SIGKILL"); } catch {} };
  child.on("error", (error) => { say({ t: "err", seq: ++seq, b64: Buffer.from(String(error)).toString("base64") }); answer.end(); });
  child.on("close", (code, signal) => { running.delete(id); say({ t: "exit", seq: ++seq, code, signal, timedOut: false }); answer.end(); });
  if (!background) answer.on("close", kill);
};
const files = (asked, answer, body, url) => {
  const path = url.searchParams.get("path");
  try {
    if (asked.method === "PUT") { fs.writeFileSync(path, body); return json(answer, 200, { etag: "1" }); }
    const bytes = fs.readFileSync(path);
    answer.writeHead(200, { "content-type": "application/octet-stream" }).end(bytes);
  } catch (error) { json(answer, 404, { code: "not_found", message: error.code }); }
};
const server = http.createServer((asked, answer) => {
  answer.on("error", () => {});
  const parts = [];
  asked.on("data", (bytes) => parts.push(bytes));
  asked.on("end", () => {
    const body = Buffer.concat(parts);
    const url = new URL(asked.url, "http://sandbox");
    if (url.pathname === "/health") return json(answer, 200, { ok: true, pid: process.pid });
    if (url.pathname === "/procs" && asked.method === "POST") return procs(asked, answer, body);
    if (url.pathname === "/procs") return json(answer, 200, { items: [...running.keys()] });
    if (url.pathname === "/files") return files(asked, answer, body, url);
    if (url.pathname === "/echo") return json(answer, 200, { method: asked.method, url: asked.url, headers: asked.headers, bytes: body.length });
    if (url.pathname === "/head") { asked.socket.end("HTTP/1.1 200 OK\r\nx: " + "a".repeat(1e6) + "\r\n\r\n"); return; }
    if (url.pathname.startsWith("/raw/")) { asked.socket.end("HTTP/1.1 " + decodeURIComponent(url.pathname.slice(5)) + "\r\n\r\n"); return; }
    if (url.pathname === "/cut") { answer.writeHead(200, { "content-length": "100" }); answer.write("half"); setTimeout(() => asked.socket.destroy(), 50); return; }
    if (url.pathname === "/silent") { fs.writeFileSync("/tmp/asked", ""); asked.socket.on("close", () => fs.writeFileSync("/tmp/closed", "")); return; }
    if (url.pathname.startsWith("/tool-calls/")) { answer.writeHead(200); return answer.end(JSON.stringify({ t: "result", seq: 1, result: { content: [{ type: "text", text: "done" }], isError: false } }) + "\n"); }
    json(answer, 404, { code: "not_found", message: "The stub has no such path." });
  });
});
server.on("upgrade", (asked, socket) => {
  socket.on("error", () => {});
  if (asked.url !== "/terminals/1") return socket.end("HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\nno");
  socket.write("HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-protocol: echo\r\n\r\n");
  socket.pipe(socket);
});
server.keepAliveTimeout = 60000;
server.listen(process.env.ACOS_AGENT_SOCKET);
`;

/** Writes the program into a folder and answers its path. */
export function writeStubAgent(folder: string): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, "agent.js");
  writeFileSync(join(folder, "package.json"), '{"type":"commonjs"}');
  writeFileSync(path, SOURCE);
  return path;
}
