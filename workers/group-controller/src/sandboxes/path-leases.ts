// Path leases: who works on which part of a workspace. In the order of asking; whoever's paths overlap waits.

const WORKSPACE = "/workspace";

/** Held until it is given back, which may be said twice. */
export interface Lease {
  release(): void;
}

interface Asked {
  readonly paths: readonly string[];
  readonly grant: (lease: Lease | null) => void;
}

export class PathLeases {
  readonly #held = new Set<Asked>();
  #waiting: Asked[] = [];

  /**
   * Waits until nobody who asked before holds or wants a path that is one of these, above or below one. Null where it was
   * called off first. Paths are meant from the workspace; links are not followed.
   */
  take(paths: readonly string[], signal: AbortSignal): Promise<Lease | null> {
    if (signal.aborted) return Promise.resolve(null);
    return new Promise((grant) => {
      const asked: Asked = { paths: paths.map(wholePath), grant };
      this.#waiting.push(asked);
      signal.addEventListener("abort", () => this.#callOff(asked), { once: true });
      this.#serve();
    });
  }

  /** Whether nobody holds anything. */
  get isFree(): boolean {
    return this.#held.size === 0;
  }

  #callOff(asked: Asked): void {
    if (!this.#waiting.includes(asked)) return;
    this.#waiting = this.#waiting.filter((each) => each !== asked);
    asked.grant(null);
    this.#serve();
  }

  #serve(): void {
    const ahead = [...this.#held];
    const still: Asked[] = [];
    for (const asked of this.#waiting) {
      const isFree = !ahead.some((other) => overlap(asked.paths, other.paths));
      ahead.push(asked);
      if (!isFree) still.push(asked);
      else {
        this.#held.add(asked);
        asked.grant({ release: () => this.#release(asked) });
      }
    }
    this.#waiting = still;
  }

  #release(asked: Asked): void {
    if (this.#held.delete(asked)) this.#serve();
  }
}

/** A path from the root on, without `.`, `..` and doubled slashes; the root itself is empty. */
export function wholePath(path: string): string {
  const parts: string[] = [];
  for (const part of (path.startsWith("/") ? path : `${WORKSPACE}/${path}`).split("/"))
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  return parts.map((part) => `/${part}`).join("");
}

function overlap(some: readonly string[], others: readonly string[]): boolean {
  return some.some((one) => others.some((other) => isWithin(one, other) || isWithin(other, one)));
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}
