// The few globals of the web platform this package uses, wherever it runs; declared here so that no DOM types come in.
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  decode(bytes: ArrayBuffer | Uint8Array): string;
}
interface ReadableStream<R = unknown> {
  readonly locked: boolean;
  cancel(reason?: R): Promise<void>;
}
