// Requests to the agent of a sandbox, passed on over its socket and back as they stream. What it answers is not believed.
import { request, type ClientRequest, type IncomingMessage, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

import { problem, type Problem } from "@acos/protocol";

import { problemText, sendProblem } from "./answers.ts";
import type { Running } from "./running.ts";

/** Of an answer's head; a preview's server may set many cookies. */
const HEAD_MAX_BYTES = 32 * 1024;
/** Between two machines only, or about the proof of who asks: never passed on. */
const NOT_PASSED = new Set([
  "connection",
  "content-digest",
  "content-length",
  "expect",
  "host",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "signature",
  "signature-input",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);
/** The end of a stream that is looked at for how it ended. */
const TAIL_BYTES = 8 * 1024;

export interface Passed {
  readonly method: string;
  /** Path and query as the agent gets them. */
  readonly target: string;
  readonly body: Uint8Array;
}

/** What came of it, for the audit. */
export interface Outcome {
  readonly status: number | null;
  readonly bytesOut: number;
  /** The last bytes of the answer. */
  readonly tail: Buffer;
}

/** Passes a request on and its answer back. Resolves when the last byte is through or either side is gone; never rejects. */
export function passOn(
  running: Running,
  passed: Passed,
  { asked, answer }: { readonly asked: IncomingMessage; readonly answer: ServerResponse },
): Promise<Outcome> {
  const done = Promise.withResolvers<Outcome>();
  let bytesOut = 0;
  let tail = Buffer.alloc(0);
  // Who left while the proof was looked at wants nothing done any more.
  if (answer.destroyed) return Promise.resolve({ status: null, bytesOut, tail });
  const upstream = toAgent(running, passed, passedHeaders(asked, passed.body.length));
  const end = (status: number | null) => done.resolve({ status, bytesOut, tail });
  answer.once("close", () => {
    upstream.destroy();
    end(answer.headersSent ? answer.statusCode : null);
  });
  upstream.on("error", () => {
    if (answer.headersSent) answer.destroy();
    else sendProblem(answer, agentGone());
  });
  upstream.on("response", (response) => {
    if (!writeHead(answer, response)) {
      upstream.destroy(new Error("no answer"));
      return;
    }
    response.on("data", (bytes: Buffer) => {
      bytesOut += bytes.length;
      tail = Buffer.concat([tail, bytes.subarray(-TAIL_BYTES)]).subarray(-TAIL_BYTES);
    });
    // Broken off in the middle: the caller's stream has to break too, and not to end well.
    response.on("error", () => answer.destroy());
    response.on("aborted", () => answer.destroy());
    response.pipe(answer);
  });
  upstream.end(passed.body.length > 0 ? passed.body : undefined);
  return done.promise;
}

/** Begins the answer; false where the agent's is none that can be passed on. What runs in a sandbox may speak for the agent. */
function writeHead(answer: ServerResponse, response: IncomingMessage): boolean {
  if (!isAnswer(response)) return false;
  try {
    answer.writeHead(response.statusCode ?? 502, answerHeaders(response));
    return true;
  } catch {
    return false; // A field that no answer may have.
  }
}

const isAnswer = ({ statusCode = 0 }: IncomingMessage): boolean =>
  statusCode >= 200 && statusCode <= 599;

/** Joins a socket that wants to be upgraded with the agent's. Resolves when both are closed; never rejects. */
export function passUpgrade(
  running: Running,
  passed: Passed,
  { asked, socket, head }: { asked: IncomingMessage; socket: Duplex; head: Buffer },
): Promise<void> {
  const done = Promise.withResolvers<void>();
  if (socket.destroyed) return Promise.resolve();
  const upgrade = { connection: "upgrade", upgrade: asked.headers.upgrade ?? "websocket" };
  const headers = { ...passedHeaders(asked, 0), ...upgrade };
  const upstream = toAgent(running, passed, headers);
  socket.on("error", () => socket.destroy());
  socket.once("close", () => {
    upstream.destroy();
    done.resolve();
  });
  upstream.on("error", () => refuseUpgrade(socket, agentGone()));
  upstream.on("response", (response) => {
    if (!isAnswer(response)) {
      upstream.destroy(new Error("no answer"));
      return;
    }
    // It does not want to: its answer is passed back as a plain one.
    socket.write(headOf(response));
    response.on("error", () => socket.destroy());
    response.pipe(socket);
  });
  upstream.on("upgrade", (response, inner: Duplex, innerHead: Buffer) => {
    inner.on("error", () => socket.destroy());
    inner.once("close", () => socket.destroy());
    socket.once("close", () => inner.destroy());
    socket.write(headOf(response, ["connection: upgrade", `upgrade: ${upgrade.upgrade}`]));
    if (innerHead.length > 0) socket.write(innerHead);
    if (head.length > 0) inner.write(head);
    inner.pipe(socket).pipe(inner);
  });
  upstream.end();
  return done.promise;
}

/** Answers a socket that cannot be upgraded with a Problem, and closes it. */
export function refuseUpgrade(socket: Duplex, refusal: Problem): void {
  if (socket.destroyed) return;
  socket.on("error", () => socket.destroy());
  socket.end(rawProblem(refusal));
}

function rawProblem(refusal: Problem): string {
  const { status, body } = problemText(refusal);
  const length = Buffer.byteLength(body);
  return `HTTP/1.1 ${status} Refused\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\nconnection: close\r\n\r\n${body}`;
}

function toAgent(
  { connections, socket }: Running,
  { method, target }: Passed,
  headers: Record<string, string | string[]>,
): ClientRequest {
  return request({
    agent: connections,
    socketPath: socket.path,
    method,
    path: target,
    headers,
    maxHeaderSize: HEAD_MAX_BYTES,
  });
}

const agentGone = (): Problem =>
  problem(
    "sandbox_failed",
    "The sandbox did not answer. See whether it still runs, then try again.",
  );

function passedHeaders(
  { rawHeaders }: IncomingMessage,
  length: number,
): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = { host: "sandbox" };
  collect(rawHeaders, (name) => !isOurs(name), headers);
  if (length > 0) headers["content-length"] = String(length);
  return headers;
}

const isOurs = (name: string): boolean => NOT_PASSED.has(name) || name.startsWith("acos-");

/** The length stays: a body that breaks off is then seen as broken. */
function answerHeaders({ rawHeaders }: IncomingMessage): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  collect(rawHeaders, (name) => name === "content-length" || !NOT_PASSED.has(name), headers);
  return headers;
}

function collect(
  raw: readonly string[],
  isWanted: (name: string) => boolean,
  into: Record<string, string | string[]>,
): void {
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index]?.toLowerCase() ?? "";
    const value = raw[index + 1] ?? "";
    if (!isWanted(name)) continue;
    const known = into[name];
    into[name] = known === undefined ? value : [known, value].flat();
  }
}

/** The head of an answer as text: name and value were parsed, so that neither holds a line end. */
function headOf(
  response: IncomingMessage,
  extra: readonly string[] = ["connection: close"],
): string {
  const headers = Object.entries(answerHeaders(response)).flatMap(([name, value]) =>
    [value].flat().map((each) => `${name}: ${each}`),
  );
  const status = response.statusCode ?? 502;
  return `${[`HTTP/1.1 ${status} Sandbox`, ...headers, ...extra].join("\r\n")}\r\n\r\n`;
}
