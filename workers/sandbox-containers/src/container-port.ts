// The parts of the platform that a sandbox's object uses, so that a test can stand in for them.

export interface AgentPort {
  fetch(url: string, init: RequestInit): Promise<Response>;
}

/** The part of `ctx.container` that is used. */
export interface ContainerPort {
  readonly running: boolean;
  start(options: { readonly enableInternet: boolean; readonly env: Record<string, string> }): void;
  /** Settles when the container has ended, by whatever reason. */
  monitor(): Promise<void>;
  destroy(): Promise<void>;
  getTcpPort(port: number): AgentPort;
  /** Keeps a container whose object has no work any more for so long. */
  setInactivityTimeout(durationMs: number): Promise<void>;
}

/** The part of an object's storage that is used. */
export interface Storage {
  get(key: string): Promise<unknown>;
  put(key: string, value: unknown): Promise<void>;
  deleteAll(): Promise<void>;
}

/** Everything a sandbox's object is given. */
export interface SandboxPlatform {
  readonly container: ContainerPort;
  readonly storage: Storage;
  readonly now: () => number;
  readonly pause: (ms: number) => Promise<void>;
  readonly randomBytes: (count: number) => Uint8Array;
  /** Work that goes on after an answer. */
  readonly keepAlive: (work: Promise<unknown>) => void;
}
