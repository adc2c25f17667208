// A request of people on its way to a sandbox: what of it is passed on, and its body in memory, since all of it is signed.
import {
  problem,
  ProblemError,
  SANDBOX_BODY_MAX_BYTES,
  statusOf,
  type Problem,
} from "@acos/protocol";

/** Fields of data requests that the in-sandbox agent reads. */
const AGENT_FIELDS = ["content-type", "if-match", "if-none-match", "range", "accept"];
/** Fields that belong to one connection, or to us: a preview's server never sees them. */
const OWN_FIELD =
  /^(?:acos-|cf-|connection$|content-digest$|content-length$|host$|keep-alive$|sec-websocket-(?:accept|extensions|key|version)$|signature|te$|transfer-encoding$)/;
/** Fields by which a signed request could be made another one: the host refuses whatever has one. */
const OVERRIDE_FIELD =
  /^x-(?:forwarded-host|(?:http-)?method(?:-override)?|original-url|rewrite-url)$/;

const TOO_LARGE = problem(
  "too_large",
  `A request to a sandbox holds ${SANDBOX_BODY_MAX_BYTES / 1024 / 1024} MiB at most. Send larger files in pieces, or fetch them from inside.`,
);

export function agentFields({ headers }: Request): Headers {
  const passed = new Headers();
  for (const name of AGENT_FIELDS) {
    const value = headers.get(name);
    if (value !== null) passed.set(name, value);
  }
  return passed;
}

export function previewFields({ headers }: Request): Headers {
  return new Headers(
    [...headers].filter(([name]) => !OWN_FIELD.test(name) && !OVERRIDE_FIELD.test(name)),
  );
}

/** Throws ProblemError `too_large`. */
export async function bodyInMemory(request: Request): Promise<Uint8Array> {
  if (Number(request.headers.get("content-length") ?? 0) > SANDBOX_BODY_MAX_BYTES)
    throw new ProblemError(TOO_LARGE);
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of request.body ?? []) {
    size += piece.length;
    if (size > SANDBOX_BODY_MAX_BYTES) throw new ProblemError(TOO_LARGE);
    pieces.push(piece);
  }
  const body = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    body.set(piece, at);
    at += piece.length;
  }
  return body;
}

export function refuse(refusal: Problem): Response {
  return Response.json(refusal, { status: statusOf(refusal.code) });
}
