// Compression as the platform has it, over bytes that fit into memory.

/** Bytes or text, compressed (RFC 1952). */
export async function gzip(content: Uint8Array | string): Promise<Uint8Array<ArrayBuffer>> {
  const zipped = streamOf(content).pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(zipped).arrayBuffer());
}

/**
 * The unzipped bytes, piece by piece. Throws RangeError once there are more than `most`, and for bytes that are no whole
 * gzip file: what was given out before that must not be kept.
 */
export async function* gunzip(bytes: Uint8Array, most: number): AsyncGenerator<Uint8Array> {
  const reader = streamOf(bytes).pipeThrough(new DecompressionStream("gzip")).getReader();
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((error: unknown) => {
        throw new RangeError("it is no whole gzip file", { cause: error });
      });
      if (done) return;
      length += value.length;
      if (length > most) throw new RangeError(`it unzips to more than ${most} bytes`);
      yield value;
    }
  } finally {
    // What the stream says to being let go of is of no use to anybody.
    await reader.cancel().catch(() => undefined);
  }
}

/** The text of bytes that were compressed here. Throws TypeError for what is no whole gzip file. */
export async function gunzipText(bytes: Uint8Array): Promise<string> {
  const unzipped = streamOf(bytes).pipeThrough(new DecompressionStream("gzip"));
  return new Response(unzipped).text();
}

function streamOf(content: Uint8Array | string): ReadableStream<Uint8Array> {
  return new Blob([content]).stream();
}
