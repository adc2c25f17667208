// A connection to one group as its callers see it: commands in, each done once; a local view out, without a hole.
import type { Command, DeltaFrame, GroupFrame, LogEvent, Problem } from "@acos/protocol";

import { createApi, type Api } from "./api.ts";
import { fetchEvents, OLDER_PAGE } from "./backfill.ts";
import type { ConnectOptions, Snapshot } from "./connect-options.ts";
import type { ConnectionState } from "./connection-state.ts";
import { EventLog } from "./event-log.ts";
import { GroupLink } from "./group-link.ts";
import { deltaFits } from "./local-view.ts";
import { Outbox, type PendingCommand } from "./outbox.ts";
import { freshId, platformClock, platformSocket, utf8Length, type Clock } from "./platform.ts";
import { RequestProblem } from "./request-problem.ts";
import { clientFrame, FRAME_LIMIT_BYTES } from "./socket-frames.ts";
import { TypingTimers } from "./typing-timers.ts";

/** Wait before a command is sent again that the group refused for a passing reason without saying how long. */
const RESEND_AFTER_MS = 2_000;
/** Refusals that the same command may outlive unchanged. */
const PASSING_REFUSALS: ReadonlySet<string> = new Set(["rate_limited", "unavailable", "internal"]);

/** Opens a connection and keeps it open until `close` or a refusal that no waiting can mend. */
export function connectGroup(options: ConnectOptions): GroupConnection {
  return new GroupConnection(options);
}

export class GroupConnection {
  readonly #options: ConnectOptions;
  readonly #api: Api;
  readonly #clock: Clock;
  readonly #link: GroupLink;
  readonly #log: EventLog;
  readonly #outbox = new Outbox();
  readonly #typing: TypingTimers;
  readonly #listeners = new Set<() => void>();
  #snapshot: Snapshot | undefined;
  /** Frames that came while missing events are fetched; undefined when none are. */
  #held: GroupFrame[] | undefined;
  #notifying = false;
  #older: Promise<void> | undefined;

  constructor(options: ConnectOptions) {
    this.#options = options;
    this.#api = createApi(options);
    this.#clock = options.clock ?? platformClock;
    this.#log = new EventLog(options.since);
    this.#typing = new TypingTimers(this.#clock);
    const { onChange } = options;
    if (onChange) this.subscribe(() => onChange(this.snapshot));
    this.#link = new GroupLink({
      api: this.#api,
      group: options.group,
      clock: this.#clock,
      random: options.random ?? Math.random,
      webSocket: options.webSocket ?? platformSocket(),
      since: () => this.#log.last,
      onFrame: (frame) => this.#arrived(frame),
      onState: (state) => this.#moved(state),
    });
    this.#link.start();
  }

  /** The same object until something changes. */
  get snapshot(): Snapshot {
    this.#snapshot ??= {
      state: this.#link.state,
      view: this.#log.view,
      pending: this.#outbox.shown(),
      hasOlder: (this.#log.first ?? 1) > 1,
      head: this.#log.last ?? 0,
    };
    return this.#snapshot;
  }

  /** Adds a listener for changes of the snapshot; returns what takes it away again. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Gives the group a command, now or after the next reconnect, once. Resolves when the group has it durably, rejects with
   * RequestProblem when it was refused or the connection ended before an answer came.
   */
  send(
    command: Command,
    id: string = (this.#options.newId ?? freshId)(),
  ): Promise<{ seq: number }> {
    const over = endOf(this.#link.state);
    if (over) return Promise.reject(new RequestProblem(over, 0));
    const outcome = this.#outbox.add(id, command, this.#clock.now());
    const fits = utf8Length(clientFrame({ type: "command", id, command })) <= FRAME_LIMIT_BYTES;
    if (fits) this.#link.send({ type: "command", id, command });
    else this.#outbox.refuse(id, TOO_LARGE);
    this.#changed();
    return outcome;
  }

  /** Tells the others that this member types; call it as often as wanted, it goes out rarely. */
  typing(): void {
    if (this.#link.state.name === "live" && this.#typing.due()) this.#link.send({ type: "typing" });
  }

  /** Puts a refused message away; returns it, so that its text can be edited. */
  dismiss(id: string): PendingCommand | undefined {
    const dismissed = this.#outbox.dismiss(id);
    this.#changed();
    return dismissed;
  }

  /** Fetches a page of older events and puts it in front. Rejects with RequestProblem; calls at once share one fetch. */
  loadOlder(): Promise<void> {
    const { first } = this.#log;
    if (first === undefined || first <= 1) return Promise.resolve();
    this.#older ??= this.#fetchOlder(first).finally(() => (this.#older = undefined));
    return this.#older;
  }

  /** Ends a wait early: the network is back, or a person asks. */
  retryNow(): void {
    this.#link.retryNow();
  }

  /** Ends the connection for good; commands without an answer are rejected. */
  close(): void {
    this.#link.close();
  }

  async #fetchOlder(first: number): Promise<void> {
    const range = { after: Math.max(0, first - 1 - OLDER_PAGE), upTo: first - 1 };
    this.#log.prepend(await fetchEvents(this.#api, this.#options.group, range));
    this.#changed();
  }

  #moved(state: ConnectionState): void {
    if (state.name === "waiting" || state.name === "failed" || state.name === "closed") {
      this.#held = undefined;
      this.#typing.stop();
    }
    const over = endOf(state);
    if (over) this.#outbox.abandon(over);
    this.#changed();
  }

  #arrived(frame: GroupFrame): void {
    if (this.#held) this.#held.push(frame);
    else this.#receive(frame);
  }

  #receive(frame: GroupFrame): void {
    switch (frame.type) {
      case "welcome":
        return this.#greeted(frame);
      case "event":
        return this.#take(frame);
      case "reset":
        return void this.#fill(frame.from);
      case "live":
        return this.#log.reached(frame.head) ? this.#link.caughtUp() : this.#link.lose();
      case "ack":
        this.#outbox.acknowledge(frame.id, frame.seq, this.#log.last ?? 0);
        return this.#changed();
      case "refused":
        return frame.id === undefined ? undefined : this.#refused(frame.id, frame.problem);
      case "delta":
        return this.#grow(frame);
      case "typing":
        return this.#heardTyping(frame);
      case "tool-output":
      case "presence":
        return this.#note(frame);
      case "proved":
        return this.#link.proved(frame.until);
      case "pong":
        return;
      default:
        frame satisfies never; // a newer group may say more than this client knows
    }
  }

  #greeted(welcome: Extract<GroupFrame, { type: "welcome" }>): void {
    if (!this.#link.welcomed(welcome.proveBy)) return;
    this.#log.note(welcome);
    for (const { id, command } of this.#outbox.unanswered())
      this.#link.send({ type: "command", id, command });
  }

  #take(entry: LogEvent): void {
    const placement = this.#log.take(entry);
    if (placement === "hole") return this.#link.lose();
    if (placement === "duplicate") return;
    this.#outbox.notice(entry, this.#log.view.self);
    this.#options.onEvent?.({ seq: entry.seq, at: entry.at, event: entry.event });
    this.#changed();
  }

  /** Fetches what is too old for the socket, then goes on with the frames that came meanwhile. */
  async #fill(from: number): Promise<void> {
    const { attempt } = this.#link;
    this.#held = [];
    const range = { after: this.#log.last ?? 0, upTo: from };
    const missing = await fetchEvents(this.#api, this.#options.group, range).catch(() => undefined);
    if (attempt !== this.#link.attempt) return;
    // What went wrong will be said by the next try's token request, if it lasts.
    if (!missing) return this.#link.lose();
    for (const entry of missing) this.#take(entry);
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const frame of held) if (attempt === this.#link.attempt) this.#arrived(frame);
  }

  #grow(delta: DeltaFrame): void {
    this.#log.settle();
    if (!deltaFits(this.#log.view, delta)) return this.#link.lose();
    this.#options.onDelta?.(delta);
    this.#note(delta);
  }

  #heardTyping(frame: Extract<GroupFrame, { type: "typing" }>): void {
    const { member } = frame;
    if (member === this.#log.view.self) return;
    this.#typing.heard(member, () => this.#note({ type: "typing-ended", member }));
    this.#note(frame);
  }

  #refused(id: string, problem: Problem): void {
    if (PASSING_REFUSALS.has(problem.code))
      this.#clock.after(problem.retryAfterMs ?? RESEND_AFTER_MS, () => this.#resend(id));
    else this.#outbox.refuse(id, problem);
    this.#changed();
  }

  #resend(id: string): void {
    const again = this.#outbox.unanswered().find((command) => command.id === id);
    if (again) this.#link.send({ type: "command", id, command: again.command });
  }

  #note(input: Parameters<EventLog["note"]>[0]): void {
    this.#log.note(input);
    this.#changed();
  }

  /** Tells the listeners at the end of the current task, once for all that happened in it. */
  #changed(): void {
    if (this.#notifying) return;
    this.#notifying = true;
    const tell = async (): Promise<void> => {
      await Promise.resolve();
      this.#notifying = false;
      // A first replay is shown when it is whole; before, the view would run through the group's past.
      if (this.#log.view.group || this.#link.state.name !== "replaying") this.#log.settle();
      this.#snapshot = undefined;
      for (const listener of this.#listeners) listener();
    };
    void tell();
  }
}

const TOO_LARGE: Problem = {
  code: "too_large",
  message:
    "This is larger than the 64 KiB that fit into one frame. Shorten it or send it in parts.",
};

/** Why nothing more can be sent; undefined while something can. */
function endOf(state: ConnectionState): Problem | undefined {
  if (state.name === "failed") return state.problem;
  if (state.name !== "closed") return undefined;
  return { code: "unavailable", message: "The connection was closed before the group answered." };
}
