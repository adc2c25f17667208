// The few globals of the web platform this package uses, the same in workerd, Node 24 and a browser; declared here so
// that no DOM types come in.
declare class URL {
  static parse(url: string, base?: string): URL | null;
  readonly href: string;
  readonly origin: string;
  readonly protocol: string;
  readonly username: string;
  readonly password: string;
  readonly host: string;
  readonly hostname: string;
  readonly port: string;
}

interface AbortSignal {
  readonly aborted: boolean;
}

declare class Headers implements Iterable<[string, string]> {
  constructor(init?: Headers);
  get(name: string): string | null;
  set(name: string, value: string): void;
  delete(name: string): void;
  [Symbol.iterator](): IterableIterator<[string, string]>;
}

interface RequestInit {
  method?: string;
  headers?: Headers;
  redirect?: "manual";
  body?: string;
  signal?: AbortSignal;
}

interface ReadableStream<T> {
  cancel(): Promise<void>;
  pipeThrough<U>(transform: TransformStream<T, U>): ReadableStream<U>;
}

interface TransformStreamDefaultController<T> {
  enqueue(piece: T): void;
  error(reason: Error): void;
}

declare class TransformStream<I, O> {
  constructor(transformer: {
    transform(piece: I, controller: TransformStreamDefaultController<O>): void;
  });
  readonly readable: ReadableStream<O>;
  readonly writable: { readonly taken: I };
}

declare class Response {
  constructor(body: ReadableStream<Uint8Array> | null, init: Response);
  readonly status: number;
  readonly headers: Headers;
  readonly body: ReadableStream<Uint8Array> | null;
}
