// The launcher's own small door on loopback: the Workers read their keys here, and `acos keys` asks for a rotation.
import { randomBytes, timingSafeEqual } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

import type { CareReport } from "@acos/protocol";

import type { DataFolder } from "./data-folder.ts";
import type { KeyFiles, Keys } from "./key-files.ts";
import type { Log } from "./log.ts";
import type { SandboxBoard } from "./sandbox-board.ts";
import { ROTATIONS, RotationError, type Rotation } from "./rotate-keys.ts";

/** Header with the secret that says who asks; the Workers' bindings add it. */
const SECRET_HEADER = "acos-inner-secret";

/** Where `acos keys` finds this door, readable by the folder's owner only. */
export const CONTROL_FILE = "control.json";

export interface ControlRim {
  readonly folder: DataFolder;
  readonly files: KeyFiles;
  readonly log: Log;
  readonly rotate: (kind: Rotation) => Promise<string>;
  readonly care: () => Promise<CareReport>;
  readonly board: SandboxBoard;
}

/** What one Worker proves itself with, and so which keys it gets. */
export interface ControlDoor {
  readonly port: number;
  readonly orchestratorSecret: string;
  readonly agentsSecret: string;
  /** Of the door to the Sandbox Host, which asks where that stands. */
  readonly doorSecret: string;
  close(): void;
}

type Asker = "orchestrator" | "agents" | "door" | "operator";

/** A call that comes while sandboxes are coming up waits for them this long; then it is told so. */
const SANDBOXES_WAIT_MS = 10_000;

/** The keys of each Worker, and no others: the Agents Worker opens, it never signs. */
const KEYS_FOR: Readonly<Record<Exclude<Asker, "operator" | "door">, (keys: Keys) => object>> = {
  orchestrator: ({ authority, master, dataKeysSince }) => ({ authority, master, dataKeysSince }),
  agents: ({ master }) => ({ master }),
};

/** Opens the door and writes down where it is. Every request must carry a secret of this start. */
export async function openControlDoor(rim: ControlRim): Promise<ControlDoor> {
  const secrets = { orchestrator: secret(), agents: secret(), door: secret(), operator: secret() };
  const server = createServer((request, response) => {
    void serve(request, response, { ...rim, secrets });
  });
  const listening = Promise.withResolvers<void>();
  server.once("error", listening.reject);
  server.listen({ host: "127.0.0.1", port: 0 }, () => listening.resolve());
  await listening.promise;
  const { port } = server.address() as AddressInfo;
  const file = join(rim.folder.path, CONTROL_FILE);
  rmSync(file, { force: true });
  writeFileSync(file, `${JSON.stringify({ port, secret: secrets.operator })}\n`, { mode: 0o600 });
  return {
    port,
    orchestratorSecret: secrets.orchestrator,
    agentsSecret: secrets.agents,
    doorSecret: secrets.door,
    close: () => {
      rmSync(file, { force: true });
      server.close();
    },
  };
}

const secret = () => randomBytes(32).toString("base64url");

type Serving = ControlRim & { readonly secrets: Readonly<Record<Asker, string>> };

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  serving: Serving,
): Promise<void> {
  request.resume();
  try {
    const { status, body } = await answer(request, serving);
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  } catch (error) {
    const isOurs = error instanceof RotationError;
    if (!isOurs) serving.log.error(`control: ${error instanceof Error ? error.message : "failed"}`);
    const message = isOurs ? error.message : "That failed; the launcher's log says why.";
    response
      .writeHead(500, { "content-type": "application/json" })
      .end(JSON.stringify({ message }));
  }
}

interface Answer {
  readonly status: number;
  readonly body: object;
}

async function answer(
  { method = "", url = "", headers }: IncomingMessage,
  { secrets, files, rotate, care, board }: Serving,
): Promise<Answer> {
  const asker = askerOf(String(headers[SECRET_HEADER] ?? ""), secrets);
  if (asker === undefined) return { status: 403, body: {} };
  if (asker === "door")
    return url === "/sandboxes"
      ? { status: 200, body: await board.settled(SANDBOXES_WAIT_MS) }
      : { status: 404, body: {} };
  if (asker !== "operator")
    return url === "/keys"
      ? { status: 200, body: KEYS_FOR[asker](files.read()) }
      : { status: 404, body: {} };
  if (method === "GET" && url === "/keys") return { status: 200, body: await care() };
  const kind = ROTATIONS.find((each) => url === `/keys/${each}/rotate`);
  if (method !== "POST" || kind === undefined) return { status: 404, body: {} };
  return { status: 200, body: { message: await rotate(kind) } };
}

function askerOf(given: string, secrets: Serving["secrets"]): Asker | undefined {
  const isSame = (known: string) => {
    const [one, other] = [Buffer.from(given), Buffer.from(known)];
    return one.length === other.length && timingSafeEqual(one, other);
  };
  return (["orchestrator", "agents", "door", "operator"] as const).find((who) =>
    isSame(secrets[who]),
  );
}
