// Stands for the Sandbox Host: holds to what the launcher needs of it, and does what its data folder tells it to.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";

import { WebSocketServer } from "ws";

import type { HostSettings } from "../src/up/sandbox-host.ts";

const settings = JSON.parse(process.env["ACOS_SANDBOX_HOST"] ?? "") as HostSettings;
const told = (name: string) => existsSync(join(settings.folder, name));

mkdirSync(settings.folder, { recursive: true });
const says = (message: string) =>
  process.stderr.write(`${JSON.stringify({ at: "now", level: "warn", message, pid: 1 })}\n`);

if (told("no-isolation")) {
  says("Another user's files can be read.");
  process.exit(3);
}
if (told("dies-once")) {
  const seen = join(settings.folder, "died");
  if (!existsSync(seen)) {
    writeFileSync(seen, "");
    process.exit(1);
  }
}

const end = (why: string) => {
  if (told("deaf")) return;
  writeFileSync(join(settings.folder, "ended"), why);
  process.exit(0);
};
process.on("SIGTERM", () => end("asked"));
process.stdin.on("end", () => end("its owner died")).resume();

const server = createServer(async (request, response) => {
  if (request.headers["acos-inner-secret"] !== settings.secret) {
    response.writeHead(403).end();
    return;
  }
  if (request.url === "/die") process.exit(1);
  const seen = {
    url: request.url,
    host: request.headers.host,
    body: await text(request),
    settings,
    environment: Object.keys(process.env).toSorted(),
  };
  response.end(JSON.stringify(seen));
});
new WebSocketServer({ server }).on("connection", (socket, { url }) =>
  socket.on("message", (data) => socket.send(`${url}: ${String(data)}`)),
);
server.listen(settings.port, "127.0.0.1", () => {
  const capabilities = {
    driver: "bubblewrap",
    notes: existsSync(join(settings.folder, "notes"))
      ? readFileSync(join(settings.folder, "notes"), "utf8").split("\n")
      : [],
  };
  process.stdout.write(`ready ${JSON.stringify(capabilities)}\n`);
});
