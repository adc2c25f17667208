// Tells a refusal of the group's from an answer of the server that is previewed: the group's is a Problem, and short.
import { problemSchema, statusOf, type Problem } from "@acos/protocol";

/** Longer than every Problem. */
const LOOK_MAX_BYTES = 16 * 1024;

type Looked =
  | { readonly refusal: Problem }
  /** Not a refusal: the body as it was, what was read of it put in front again. */
  | { readonly refusal: undefined; readonly body: ReadableStream<Uint8Array> | null };

/** Looks into an answer that may be a refusal. A server that answers the very form of one is taken at its word. */
export async function lookForRefusal(answer: Response): Promise<Looked> {
  const body = answer.body as ReadableStream<Uint8Array> | null;
  const type = answer.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (answer.status < 400 || type !== "application/json" || !body)
    return { refusal: undefined, body };
  const reader = body.getReader();
  const pieces: Uint8Array[] = [];
  let size = 0;
  while (size <= LOOK_MAX_BYTES) {
    const { done, value } = await reader.read();
    if (done) {
      const refusal = refusalIn(pieces, answer.status);
      return refusal ? { refusal } : { refusal: undefined, body: restOf(pieces) };
    }
    pieces.push(value);
    size += value.length;
  }
  return { refusal: undefined, body: restOf(pieces, reader) };
}

function refusalIn(pieces: readonly Uint8Array[], status: number): Problem | undefined {
  const decoder = new TextDecoder();
  const text = pieces.map((piece) => decoder.decode(piece, { stream: true })).join("");
  try {
    const { data } = problemSchema.safeParse(JSON.parse(text));
    return data && statusOf(data.code) === status ? data : undefined;
  } catch {
    // No JSON: the server's own.
    return undefined;
  }
}

function restOf(
  pieces: Uint8Array[],
  reader?: ReadableStreamDefaultReader<Uint8Array>,
): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const held = pieces.shift();
      if (held) return controller.enqueue(held);
      const next = await reader?.read();
      if (next?.value) controller.enqueue(next.value);
      else controller.close();
    },
    async cancel(reason) {
      await reader?.cancel(reason);
    },
  });
}
