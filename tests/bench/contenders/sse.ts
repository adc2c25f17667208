// Server-sent events as the contenders' clients read them: the data of each event, in order.

export class SseReader {
  readonly #onData: (data: string) => void;
  #held = "";
  #data: string[] = [];

  /** Calls back with the data of every event, its lines joined. Contract: the callback must not throw. */
  constructor(onData: (data: string) => void) {
    this.#onData = onData;
  }

  /** Takes the next piece of the stream; a line may be cut anywhere. */
  read(chunk: string): void {
    const lines = (this.#held + chunk).split("\n");
    this.#held = lines.pop() ?? "";
    for (const line of lines) {
      if (line.startsWith("data:")) this.#data.push(line.slice(5).trim());
      else if (line === "" || line === "\r") this.#emit();
    }
  }

  #emit(): void {
    if (this.#data.length > 0) this.#onData(this.#data.join("\n"));
    this.#data = [];
  }
}
