// The line to a group: asks for a token, opens a socket, says hello, watches over it, and tries again when it is lost.
// connection-state.ts draws its states; what the frames mean is group-connection.ts's matter.
import type { ClientFrame, GroupFrame, Problem } from "@acos/protocol";

import type { Api } from "./api.ts";
import {
  backoffMs,
  TRANSITIONS,
  type ConnectionState,
  type Happening,
} from "./connection-state.ts";
import { watchLiveness, type Liveness } from "./liveness.ts";
import type { Clock, Socket, SocketConstructor } from "./platform.ts";
import { isPassing, problemOfSilence, RequestProblem } from "./request-problem.ts";
import type { AnswerOf } from "./routes.ts";
import { clientFrame, fatalClose, readFrame } from "./socket-frames.ts";

/** Longest time from asking for a token to the welcome; past it the try counts as lost. */
const CONNECT_WITHIN_MS = 15_000;
/** A connection that lived this long was a good one: the next loss starts with the shortest wait again. */
const STEADY_AFTER_MS = 10_000;

/** A socket is proven again after two thirds of the time it has: enough is left for several tries. */
const RENEW_SHARE = 2 / 3;
/** Bounds of that wait: by this machine's clock the group's time may look as good as over, or hours away. */
const RENEW_MIN_MS = 30_000;
const RENEW_MAX_MS = 10 * 60_000;
/** Wait before a renewal that got no answer is tried again. */
const RENEW_AGAIN_MS = 60_000;

function renewalWait(leftMs: number): number {
  return Math.min(RENEW_MAX_MS, Math.max(RENEW_MIN_MS, Math.round(leftMs * RENEW_SHARE)));
}

export interface LinkOptions {
  readonly api: Api;
  readonly group: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly webSocket: SocketConstructor;
  /** The last seq held, for the hello. */
  readonly since: () => number | undefined;
  /** Contract: called for every frame of the current socket, in order. */
  readonly onFrame: (frame: GroupFrame) => void;
  /** Contract: called after every change of state. */
  readonly onState: (state: ConnectionState) => void;
}

/** The problem of a refused token that trying again cannot mend; undefined for silence, overload and the like. */
function lastingProblem(error: unknown): Problem | undefined {
  const found = error instanceof RequestProblem ? error : problemOfSilence();
  return isPassing(found) ? undefined : found.problem;
}

export class GroupLink {
  readonly #options: LinkOptions;
  #state: ConnectionState = { name: "asking" };
  #socket: Socket | undefined;
  #liveness: Liveness | undefined;
  #cancelRenewal = (): void => undefined;
  #cancelTimer = (): void => undefined;
  #tries = 0;
  /** Grows with every try and every loss; what belongs to an older one is passed over. */
  #attempt = 0;
  #liveAt: number | undefined;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  get attempt(): number {
    return this.#attempt;
  }

  /** Begins; to be called once. */
  start(): void {
    void this.#ask();
  }

  /** Sends a frame if the group has said welcome on this socket; says whether it did. */
  send(frame: ClientFrame): boolean {
    if (this.#state.name !== "replaying" && this.#state.name !== "live") return false;
    this.#socket?.send(clientFrame(frame));
    return true;
  }

  /** Notes that the welcome came, and by when the group wants this socket proven again, if it does. */
  welcomed(proveBy?: number): boolean {
    if (!this.#enter("welcome", { name: "replaying" })) return false;
    this.#cancelTimer();
    if (proveBy !== undefined) this.proved(proveBy);
    this.#liveness = watchLiveness(this.#options.clock, {
      ping: () => this.send({ type: "ping" }),
      dead: () => this.lose(),
    });
    return true;
  }

  /** Notes that the replay is over. */
  caughtUp(): void {
    if (this.#enter("live", { name: "live" })) this.#liveAt = this.#options.clock.now();
  }

  /** Notes that the group believes this socket until then; it is proven again well before. */
  proved(until: number): void {
    const { clock } = this.#options;
    this.#renewAfter(renewalWait(until - clock.now()));
  }

  /** Gives this socket up and tries again after a wait. */
  lose(retryAfterMs = 0): void {
    const now = this.#options.clock.now();
    if (this.#liveAt !== undefined && now - this.#liveAt >= STEADY_AFTER_MS) this.#tries = 0;
    const wait = Math.max(retryAfterMs, backoffMs(this.#tries, this.#options.random()));
    if (!this.#enter("lost", { name: "waiting", retryAt: now + wait })) return;
    this.#tries += 1;
    this.#drop();
    this.#cancelTimer = this.#options.clock.after(wait, () => void this.#ask());
  }

  /** Ends a wait early. */
  retryNow(): void {
    if (this.#state.name !== "waiting") return;
    this.#cancelTimer();
    void this.#ask();
  }

  close(): void {
    if (this.#enter("close", { name: "closed" })) this.#drop();
  }

  #renewAfter(ms: number): void {
    this.#cancelRenewal();
    this.#cancelRenewal = this.#options.clock.after(ms, () => void this.#renew());
  }

  /** Proves this socket with a fresh token. What is lost or refused on the way is tried again, until the group ends it. */
  async #renew(): Promise<void> {
    const attempt = this.#attempt;
    this.#renewAfter(RENEW_AGAIN_MS);
    try {
      const { routing_token: token } = await this.#token();
      if (attempt === this.#attempt) this.send({ type: "prove", token });
    } catch (error) {
      const problem = lastingProblem(error);
      if (attempt === this.#attempt && problem) this.#fail(problem);
    }
  }

  #token(): Promise<AnswerOf<"createRoutingToken">> {
    const params = { id: this.#options.group };
    return this.#options.api.call("createRoutingToken", { params });
  }

  async #ask(): Promise<void> {
    if (this.#state.name === "waiting" && !this.#enter("retry", { name: "asking" })) return;
    const attempt = (this.#attempt += 1);
    this.#cancelTimer = this.#options.clock.after(CONNECT_WITHIN_MS, () => this.lose());
    try {
      const token = await this.#token();
      if (attempt === this.#attempt && this.#enter("token", { name: "opening" }))
        this.#open(`${token.ws_url}?token=${encodeURIComponent(token.routing_token)}`);
    } catch (error) {
      if (attempt !== this.#attempt) return;
      const lasting = lastingProblem(error);
      if (lasting) this.#fail(lasting);
      else this.lose(error instanceof RequestProblem ? error.problem.retryAfterMs : 0);
    }
  }

  #open(url: string): void {
    const socket = new this.#options.webSocket(url);
    this.#socket = socket;
    const mine = (): boolean => socket === this.#socket;
    socket.addEventListener("open", () => {
      if (!mine() || !this.#enter("open", { name: "greeting" })) return;
      const since = this.#options.since();
      const hello = { type: "hello", protocol: 1 } as const;
      socket.send(clientFrame(since === undefined ? hello : { ...hello, since }));
    });
    socket.addEventListener("message", ({ data }) => {
      const frame = mine() ? readFrame(data) : undefined;
      this.#liveness?.heard();
      if (frame) this.#options.onFrame(frame);
    });
    socket.addEventListener("close", ({ code = 1006, reason = "" }) => {
      if (!mine()) return;
      const fatal = fatalClose(code, reason);
      if (fatal) this.#fail(fatal);
      else this.lose();
    });
  }

  #fail(problem: Problem): void {
    if (this.#enter("refused", { name: "failed", problem })) this.#drop();
  }

  /** Lets go of the socket and of everything that belongs to this try. */
  #drop(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#liveAt = undefined;
    this.#attempt += 1;
    this.#cancelTimer();
    this.#cancelRenewal();
    this.#liveness?.stop();
    this.#liveness = undefined;
    socket?.close(1000);
  }

  /** Moves to a state if the table has that arrow; says whether it did. */
  #enter(happening: Happening, next: ConnectionState): boolean {
    if (TRANSITIONS[this.#state.name][happening] !== next.name) return false;
    this.#state = next;
    this.#options.onState(next);
    return true;
  }
}
