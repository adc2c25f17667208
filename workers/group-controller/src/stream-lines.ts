// Lines of a stream as they come, for whoever reads one from another deployable: silence that lasts too long ends the reading.

export interface LineReading {
  /** How long the next bytes may take. */
  readonly stallMs: number;
  /** What is thrown when they take longer. */
  readonly stalled: () => Error;
  /** A line that grows beyond this has no end; left out: lines are bounded by whoever writes them. */
  readonly lineMaxChars?: number;
}

/** Lines that are not empty, without their ends. What comes after the last line end is no line. Lets go of the stream. */
export async function* linesOf(
  stream: ReadableStream<Uint8Array>,
  { lineMaxChars = Infinity, ...waiting }: LineReading,
): AsyncIterable<string> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await withinStall(reader.read(), waiting);
      if (done) return;
      const lines = (rest + decoder.decode(value, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      if (rest.length > lineMaxChars) throw new RangeError("a line without an end");
      for (const line of lines) if (line !== "") yield line;
    }
  } finally {
    reader.cancel().catch(() => {
      // The stream is broken or done; there is nothing left to cancel.
    });
  }
}

/** Waits for the next bytes at most as long as a stall lasts. */
async function withinStall<T>(
  reading: Promise<T>,
  { stallMs, stalled }: Pick<LineReading, "stallMs" | "stalled">,
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | null = null;
  const stall = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(stalled()), stallMs);
  });
  try {
    return await Promise.race([reading, stall]);
  } finally {
    clearTimeout(timer);
  }
}
