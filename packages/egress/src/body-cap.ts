// The end of an answer that does not end: its body breaks off past a size.

/** The response, its body broken off with a RangeError past `maxBytes`. Counts as the body is read; holds nothing back. */
export function bodyUpTo(response: Response, maxBytes: number | undefined): Response {
  if (response.body === null || maxBytes === undefined) return response;
  let bytes = 0;
  const counter = new TransformStream<Uint8Array, Uint8Array>({
    transform(piece, controller) {
      bytes += piece.byteLength;
      if (bytes > maxBytes)
        controller.error(new RangeError(`the answer is larger than ${maxBytes} bytes`));
      else controller.enqueue(piece);
    },
  });
  return new Response(response.body.pipeThrough(counter), response);
}
