// Frames from clients: size, form and rate are checked, then each goes to its verb. A bad one is answered, never dropped.
import {
  clientFrameSchema,
  FRAME_MAX_BYTES,
  parse,
  parseJson,
  problem,
  ProblemError,
  PROTOCOL_VERSION,
  type ClientFrame,
  type Problem,
} from "@acos/protocol";

import { closeWith, sendFrame, type Connection } from "./connection.ts";
import type { FrameBudget } from "./frame-budget.ts";

/** What frames ask of the group. Contract: each answers on the socket it was called for. */
export interface FrameVerbs {
  readonly hello: (socket: WebSocket, connection: Connection, since: number | undefined) => void;
  readonly command: (
    socket: WebSocket,
    connection: Connection,
    frame: Extract<ClientFrame, { type: "command" }>,
  ) => Promise<void>;
  readonly typing: (connection: Connection) => void;
  readonly prove: (socket: WebSocket, token: string) => Promise<void>;
}

interface Received {
  readonly socket: WebSocket;
  readonly connection: Connection;
  readonly data: string | ArrayBuffer;
  readonly now: number;
}

/** Takes one frame. What is wrong with it goes back as `refused`, with the command's id where one can be read. */
export async function receive(
  { socket, connection, data, now }: Received,
  budget: FrameBudget,
  verbs: FrameVerbs,
): Promise<void> {
  const waitMs = budget.take(socket, now);
  try {
    const frame = readFrame(data);
    if (waitMs > 0) throw new ProblemError(tooFast(waitMs));
    await carryOut({ socket, connection }, frame, verbs);
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    refuse(socket, idOf(data), error.problem);
  }
}

async function carryOut(
  { socket, connection }: Pick<Received, "socket" | "connection">,
  frame: ClientFrame,
  verbs: FrameVerbs,
): Promise<void> {
  if (frame.type === "hello") {
    if (frame.protocol !== PROTOCOL_VERSION) {
      const words = `This group speaks protocol ${PROTOCOL_VERSION}, not ${frame.protocol}. Update the client.`;
      refuse(socket, undefined, problem("unsupported_protocol", words));
      return closeWith(socket, { code: "unsupported_protocol" });
    }
    return verbs.hello(socket, connection, frame.since);
  }
  if (frame.type === "ping") return sendFrame(socket, { type: "pong" });
  if (connection.state === "new")
    throw new ProblemError(
      problem("invalid_frame", 'Say hello first: {"type":"hello","protocol":1,"since":0}.'),
    );
  if (frame.type === "typing") return verbs.typing(connection);
  if (frame.type === "prove") return verbs.prove(socket, frame.token);
  return verbs.command(socket, connection, frame);
}

function readFrame(data: string | ArrayBuffer): ClientFrame {
  if (typeof data !== "string")
    throw new ProblemError(problem("invalid_frame", "Frames are JSON text, not binary."));
  if (isTooLarge(data))
    throw new ProblemError(
      problem(
        "too_large",
        `A frame holds at most ${FRAME_MAX_BYTES} bytes. Send less in one message.`,
      ),
    );
  if (data.includes("\uFFFD"))
    throw new ProblemError(
      problem(
        "invalid_frame",
        "The frame holds bytes that are not valid UTF-8 (or the character U+FFFD).",
      ),
    );
  return parse(clientFrameSchema, parseJson(data, "The frame"), "The frame");
}

/** Whether a text is longer than a frame may be, in UTF-8; encodes only when its length alone cannot tell. */
function isTooLarge(text: string): boolean {
  if (text.length > FRAME_MAX_BYTES) return true;
  if (text.length * 3 <= FRAME_MAX_BYTES) return false;
  return new TextEncoder().encode(text).length > FRAME_MAX_BYTES;
}

function tooFast(retryAfterMs: number): Problem {
  return problem(
    "rate_limited",
    "Too many frames from this connection. Send it again a little later.",
    {
      retryAfterMs,
    },
  );
}

function refuse(socket: WebSocket, id: string | undefined, refusal: Problem): void {
  sendFrame(socket, { type: "refused", ...(id !== undefined && { id }), problem: refusal });
}

/** The command id of a frame that could not be taken, where its sender wrote one that can be read. */
function idOf(data: string | ArrayBuffer): string | undefined {
  if (typeof data !== "string" || data.length > FRAME_MAX_BYTES) return undefined;
  try {
    const value: unknown = JSON.parse(data);
    const id = typeof value === "object" && value !== null && "id" in value ? value.id : undefined;
    return typeof id === "string" ? id.slice(0, 128) : undefined;
  } catch {
    // Not JSON: there is no id to answer to.
    return undefined;
  }
}
