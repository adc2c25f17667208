// A file on its way into a sandbox: bytes that pass through, counted, so that no more comes than one request may bring.
import { problem, ProblemError, SANDBOX_BODY_MAX_BYTES, type OperationId } from "@acos/protocol";

/** A body that is read once, as it comes. */
export interface FileUpload {
  /** Null where there is none. It breaks where more comes than one request may bring. */
  readonly bytes: ReadableStream<Uint8Array> | null;
  /**
   * Resolves once all of the body was taken from whoever sends it, also where nobody wanted it: a connection that is closed
   * under an upload takes the answer with it. Rejects with `too_large`.
   */
  readonly taken: Promise<void>;
}

/** Whether an operation's body is a file. */
export function takesFile(id: OperationId): boolean {
  return id === "writeFile";
}

/** A request's body, as far as one request to a sandbox may bring it. Throws `too_large` where its length says more. */
export function readFileUpload({ body, headers }: Request): FileUpload {
  if (Number(headers.get("content-length") ?? 0) > SANDBOX_BODY_MAX_BYTES) throw tooLarge();
  if (!body) return { bytes: null, taken: Promise.resolve() };
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const taken = pump(body as ReadableStream<Uint8Array>, writable.getWriter());
  // Whoever waits for it hears of it; nobody need to.
  taken.catch(() => {});
  return { bytes: readable, taken };
}

async function pump(
  body: ReadableStream<Uint8Array>,
  to: WritableStreamDefaultWriter<Uint8Array>,
): Promise<void> {
  let size = 0;
  let wanted = true;
  // Whoever reads it may go away; what then comes is taken and thrown away.
  to.closed.catch(() => (wanted = false));
  for await (const piece of body) {
    size += piece.length;
    if (size > SANDBOX_BODY_MAX_BYTES) {
      await to.abort(tooLarge()).catch(() => {});
      throw tooLarge();
    }
    if (wanted) await to.write(piece).catch(() => (wanted = false));
  }
  if (wanted) await to.close().catch(() => {});
}

function tooLarge(): ProblemError {
  const words = `The body is larger than ${SANDBOX_BODY_MAX_BYTES / 1024 / 1024} MiB, which is as much as one request to a sandbox may bring. Send less at a time, or have a command in the sandbox fetch or join it.`;
  return new ProblemError(problem("too_large", words));
}
