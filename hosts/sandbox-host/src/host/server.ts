// The host's door: secret → body in memory → signature and certificate → whose sandbox → its state → the agent.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

import {
  decodeUtf8,
  EPOCH_HEADER,
  parse,
  parseJson,
  problem,
  ProblemError,
  SANDBOX_BODY_MAX_BYTES,
  SANDBOX_ORIGIN,
  sandboxEgressSchema,
  sandboxOpenSchema,
  type Problem,
  type SandboxCapabilities,
  type SandboxStatus,
} from "@acos/protocol";
import type { SandboxRequest, SignableRequest } from "@acos/trust";

import { passOn, passUpgrade, refuseUpgrade, type Outcome } from "./agent-proxy.ts";
import { sendJson, sendProblem } from "./answers.ts";
import type { Audit } from "./audit.ts";
import { isSecret, notFound, refusalOf, type Gate } from "./gate.ts";
import { textOf, type Log } from "./log.ts";
import { exitIn, wordsOf } from "./request-words.ts";
import type { Running } from "./running.ts";
import type { Sandboxes } from "./sandboxes.ts";
import type { Watch } from "./watch.ts";

const SECRET_HEADER = "acos-inner-secret";
const HEALTH_PATH = "/v1/health";
const AGENT_PATH = "/agent";
/** A certificate alone may take 8 KiB. */
const HEAD_MAX_BYTES = 48 * 1024;
const NO_BODY = new Uint8Array();

export interface ServerParts {
  readonly secret: string;
  readonly gate: Gate;
  readonly sandboxes: Sandboxes;
  readonly watch: Watch;
  readonly audit: Audit;
  readonly log: Log;
  readonly capabilities: SandboxCapabilities;
  readonly now: () => number;
}

/** A server that does not listen yet. */
export function makeServer(parts: ServerParts): Server {
  const server = createServer({ maxHeaderSize: HEAD_MAX_BYTES }, (asked, answer) => {
    answer.on("error", () => answer.destroy());
    serve(parts, asked, answer).catch((error: unknown) =>
      sendProblem(answer, refusalFor(parts, error)),
    );
  });
  server.on("upgrade", (asked, socket, head) => {
    serveUpgrade(parts, { asked, socket, head }).catch((error: unknown) =>
      refuseUpgrade(socket, refusalFor(parts, error)),
    );
  });
  server.on("clientError", (_error, socket) => socket.destroy());
  return server;
}

function refusalFor({ log }: ServerParts, error: unknown): Problem {
  const refusal = refusalOf(error);
  if (refusal !== undefined) return refusal;
  log.error("a request failed", { why: textOf(error) });
  return problem("internal", "The Sandbox Host failed. Its log says why; try again.");
}

async function serve(
  parts: ServerParts,
  asked: IncomingMessage,
  answer: ServerResponse,
): Promise<void> {
  if (!knowsSecret(parts, asked)) {
    sendProblem(answer, problem("forbidden", "Only the product's own Workers may ask here."));
    return;
  }
  if (asked.method === "GET" && asked.url === HEALTH_PATH) {
    sendJson(answer, 200, parts.capabilities);
    return;
  }
  const body = await bodyOf(asked);
  const proven = await parts.gate.verify(signable(asked, body), parts.now());
  if (isAgentPath(proven)) await serveAgent(parts, proven, { asked, answer, body });
  else await serveControl(parts, proven, { asked, answer, body });
}

function knowsSecret({ secret }: ServerParts, { headers }: IncomingMessage): boolean {
  return isSecret(String(headers[SECRET_HEADER] ?? ""), secret);
}

/** Throws ProblemError `too_large`; what comes after the limit is not kept. */
async function bodyOf(asked: IncomingMessage): Promise<Uint8Array> {
  const parts: Buffer[] = [];
  let length = 0;
  const tooLarge = () =>
    new ProblemError(
      problem("too_large", `A request to a sandbox may hold ${SANDBOX_BODY_MAX_BYTES} bytes.`),
    );
  if (Number(asked.headers["content-length"] ?? 0) > SANDBOX_BODY_MAX_BYTES) throw tooLarge();
  for await (const bytes of asked as AsyncIterable<Buffer>) {
    length += bytes.length;
    if (length > SANDBOX_BODY_MAX_BYTES) throw tooLarge();
    parts.push(bytes);
  }
  return parts.length === 0 ? NO_BODY : Buffer.concat(parts);
}

/** The transport's own length says nothing about the signed request: the body is at hand. */
function signable({ method = "", url = "", rawHeaders }: IncomingMessage, body: Uint8Array) {
  const headers = new Headers();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? "";
    if (!/^(?:content-length|transfer-encoding)$/i.test(name))
      headers.append(name, rawHeaders[index + 1] ?? "");
  }
  return { method, url: `${SANDBOX_ORIGIN}${url}`, headers, body } satisfies SignableRequest;
}

const isAgentPath = ({ path }: SandboxRequest): boolean => path.startsWith(`${AGENT_PATH}/`);

interface Exchange {
  readonly asked: IncomingMessage;
  readonly answer: ServerResponse;
  readonly body: Uint8Array;
}

async function serveControl(
  { sandboxes, watch, audit, now }: ServerParts,
  proven: SandboxRequest,
  { asked, answer, body }: Exchange,
): Promise<void> {
  const { sandbox, path, maxSandboxes, actor, run } = proven;
  const owner = { org: proven.org, group: proven.group };
  const operation = `${asked.method} ${path}`;
  const status = async (): Promise<SandboxStatus> => {
    const { running, ended } = await sandboxes.status(owner, sandbox);
    if (running === undefined) return { state: "kept", ...(ended && { ended }) };
    const idleMs = running.activity.idleMs(now());
    return { state: "running", epoch: running.epoch, idleMs, usage: watch.usage(running) };
  };
  try {
    await control();
    if (operation !== "GET ") audit.write(owner.group, { op: operation, sandbox, actor, run });
  } catch (error) {
    const why = refusalOf(error)?.code ?? "internal";
    audit.write(owner.group, { op: operation, sandbox, actor, run, why });
    throw error;
  }

  async function control(): Promise<void> {
    switch (operation) {
      case "PUT ": {
        const ask = parse(sandboxOpenSchema, jsonIn(body), "The request to open a sandbox");
        sendJson(answer, 200, await sandboxes.open(owner, sandbox, ask, maxSandboxes));
        return;
      }
      case "GET ":
        sendJson(answer, 200, await status());
        return;
      case "POST /stop":
        await sandboxes.stop(owner, sandbox);
        sendJson(answer, 200, await status());
        return;
      case "DELETE ":
        await sandboxes.destroy(owner, sandbox);
        answer.writeHead(204).end();
        return;
      case "PUT /egress":
        sandboxes.setEgress(owner, sandbox, parse(sandboxEgressSchema, jsonIn(body), "The list"));
        sendJson(answer, 200, await status());
        return;
      default:
        throw notFound();
    }
  }
}

const jsonIn = (body: Uint8Array): unknown =>
  parseJson(decodeUtf8(body, "The request"), "The request");

async function serveAgent(
  parts: ServerParts,
  proven: SandboxRequest,
  { asked, answer, body }: Exchange,
): Promise<void> {
  const running = find(parts, proven, asked);
  const end = running.activity.begin(parts.now());
  try {
    const passed = { method: asked.method ?? "", target: targetOf(proven), body };
    const outcome = await passOn(running, passed, { asked, answer });
    note(parts, { proven, asked, body, running }, outcome);
  } finally {
    end(parts.now());
  }
}

async function serveUpgrade(
  parts: ServerParts,
  { asked, socket, head }: { asked: IncomingMessage; socket: Duplex; head: Buffer },
): Promise<void> {
  if (!knowsSecret(parts, asked)) {
    refuseUpgrade(socket, problem("forbidden", "Only the product's own Workers may ask here."));
    return;
  }
  socket.on("error", () => socket.destroy());
  const proven = await parts.gate.verify(signable(asked, NO_BODY), parts.now());
  if (!isAgentPath(proven)) throw notFound();
  const running = find(parts, proven, asked);
  const end = running.activity.begin(parts.now());
  try {
    note(parts, { proven, asked, body: NO_BODY, running });
    const passed = { method: "GET", target: targetOf(proven), body: NO_BODY };
    await passUpgrade(running, passed, { asked, socket, head });
  } finally {
    end(parts.now());
  }
}

function find(
  { sandboxes, audit }: ServerParts,
  { org, group, sandbox, path, actor, run }: SandboxRequest,
  { headers, method }: IncomingMessage,
): Running {
  try {
    return sandboxes.find({ org, group }, sandbox, String(headers[EPOCH_HEADER] ?? ""));
  } catch (error) {
    const why = refusalOf(error)?.code;
    audit.write(group, { op: `${method} ${path}`, sandbox, actor, run, why });
    throw error;
  }
}

const targetOf = ({ path, search }: SandboxRequest): string =>
  `${path.slice(AGENT_PATH.length)}${search}`;

interface Noted {
  readonly proven: SandboxRequest;
  readonly asked: IncomingMessage;
  readonly body: Uint8Array;
  readonly running: Running;
}

/** Files and previews are noted by their path; of commands and calls also what was asked and how it ended. */
function note({ audit }: ServerParts, noted: Noted, outcome?: Outcome): void {
  const { proven, asked, body, running } = noted;
  const { group, sandbox, actor, run, call, path, search } = proven;
  audit.write(group, {
    op: `${asked.method} ${path.slice(AGENT_PATH.length)}`,
    sandbox,
    epoch: running.epoch,
    actor,
    run,
    call: call?.call,
    words: wordsOf(proven, body) ?? (search === "" ? undefined : search),
    exit: outcome === undefined ? undefined : exitIn(outcome),
    bytesIn: body.length,
    bytesOut: outcome?.bytesOut,
  });
}
