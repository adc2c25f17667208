// An open group: the parts of one Durable Object put together round its log. No rules and no protocol live here.
import type { Effect, Run, Seed } from "@acos/group";
import { problem, type GroupDirectoryControl, type UserId } from "@acos/protocol";

import { Watch } from "./alarms.ts";
import { AuditTeller } from "./audit/audit-teller.ts";
import { UntoldNews } from "./audit/untold-news.ts";
import { WritePath } from "./append.ts";
import { AuthorityKeys } from "./authority-keys.ts";
import { CommandQueue } from "./command-queue.ts";
import { framesPerMinute, type Bindings } from "./env.ts";
import { hydrate } from "./hydrate.ts";
import { CommandLog } from "./log/command-log.ts";
import { EventLog } from "./log/event-log.ts";
import { ReadMarks } from "./log/read-marks.ts";
import { StateStore } from "./log/state-store.ts";
import { AgentsWorker } from "./runs/agents-worker.ts";
import { RunDriver } from "./runs/run-driver.ts";
import { SessionKeys, subjectOf } from "./session-keys.ts";
import { UsedTokens } from "./sockets/accept.ts";
import { Drafts } from "./sockets/drafts.ts";
import { FrameBudget } from "./sockets/frame-budget.ts";
import { LiveSockets } from "./sockets/live-sockets.ts";
import { SocketProofs } from "./sockets/socket-proofs.ts";

const SESSION_ENDED = problem(
  "unauthenticated",
  "The sign-in or API key of this socket has ended.",
);
const REMOVED = problem("forbidden", "You are no longer a member of this group.");

export class OpenGroup {
  readonly log: EventLog;
  readonly marks: ReadMarks;
  readonly path: WritePath;
  readonly sockets: LiveSockets;
  readonly drafts: Drafts;
  readonly tokens: UsedTokens;
  readonly budget: FrameBudget;
  readonly watch: Watch;
  readonly proofs: SocketProofs;
  readonly now: () => number;
  readonly queue: CommandQueue;
  readonly audit: AuditTeller;
  readonly #keys: SessionKeys;
  readonly #driver: RunDriver;
  readonly #directory: GroupDirectoryControl;
  readonly #context: DurableObjectState;

  /** Hydrates the group. The tables must be there. */
  constructor(context: DurableObjectState, bindings: Bindings, now: () => number) {
    const { storage } = context;
    const { sql } = storage;
    this.#context = context;
    this.now = now;
    this.#directory = bindings.DIRECTORY;
    this.log = new EventLog(sql);
    this.marks = new ReadMarks(sql);
    this.tokens = new UsedTokens(sql);
    this.sockets = new LiveSockets(context.getWebSockets());
    this.budget = new FrameBudget(framesPerMinute(bindings));
    this.queue = new CommandQueue(() => storage.sync());
    this.watch = new Watch(storage, now);
    this.proofs = this.#openProofs(bindings);
    this.drafts = new Drafts((text) => this.sockets.sendAll(text));
    this.#keys = new SessionKeys(bindings.AUTHORITY, now);
    this.audit = new AuditTeller({
      trail: bindings.AUDIT,
      untold: new UntoldNews(sql, this.log),
      state: () => this.path.state,
      tryAgain: () => this.watch.arm(),
    });
    const states = new StateStore(sql);
    this.path = new WritePath(
      {
        storage,
        log: this.log,
        commands: new CommandLog(sql),
        states,
        now,
        seed: randomSeed,
        appended: (events) => {
          if (this.audit.take(events)) context.waitUntil(this.audit.tell());
        },
        publish: (rows) => this.sockets.publish(rows),
        start: (effect) => this.#start(effect),
      },
      hydrate(states, this.log),
    );
    this.#driver = new RunDriver({
      agents: new AgentsWorker(bindings.AGENTS, this.#keys),
      drafts: this.drafts,
      state: () => this.path.state,
      write: (command) => void this.path.write(command),
      durable: () => storage.sync(),
    });
  }

  #openProofs(bindings: Bindings): SocketProofs {
    const { sockets, tokens, watch, now } = this;
    const keys = new AuthorityKeys(bindings.AUTHORITY, now);
    const verify = (token: string) => keys.verify(token, this.path.state.group!.id);
    return new SocketProofs({ sockets, tokens, watch, now, verify });
  }

  /** Lets runs go on that no process carries any more, and news be told: after a start, and whenever the watch goes off. */
  recover(): void {
    this.#context.waitUntil(this.audit.tell());
    const stranded = [...this.path.state.runs.values()]
      .filter((run) => !this.#driver.isWorking(run.run) && needsWork(run))
      .map((each) => each.run);
    if (stranded.length > 0) this.path.write({ kind: "recover", runs: stranded });
    if (this.#underWay()) this.watch.arm();
  }

  /** Ends the sockets of a session, or all of a user's, and refuses the tokens they still hold. Says how many it ended. */
  endSession(user: UserId, sid: string | null): number {
    this.tokens.endSession(user, sid, this.now());
    return this.sockets.close(SESSION_ENDED, user, sid);
  }

  /** Gets a session certificate ready, for a group that somebody has just entered. */
  warm(): void {
    const subject = subjectOf(this.path.state);
    if (subject) this.#keys.warm(subject);
  }

  /** Ends all work of this group in this process. */
  stop(): void {
    for (const run of this.path.state.runs.keys()) this.#driver.abort(run);
  }

  /** Tells the directory; what is lost here, the next change of the name puts right. */
  async #announce(name: string): Promise<void> {
    const { group } = this.path.state;
    if (group) await this.#directory.rename(group.id, name);
  }

  #underWay(): boolean {
    return [...this.path.state.runs.values()].some(needsWork);
  }

  #start(effect: Effect): void {
    switch (effect.kind) {
      case "brief":
      case "call-tool":
        this.watch.arm();
        this.#context.waitUntil(this.#driver.start(effect));
        return;
      case "abort":
        this.#driver.abort(effect.run);
        return;
      case "close-sockets":
        this.sockets.close(REMOVED, effect.user);
        return;
      case "announce-name":
        this.#context.waitUntil(this.#announce(effect.name));
        return;
      case "mark-read":
        this.marks.set(effect.member, effect.upTo);
        return;
      default:
        effect satisfies never;
    }
  }
}

/** Whether something is owed to this run: a model's answer, or a result of a call that was handed out. */
function needsWork({ state, open }: Run): boolean {
  if (!open || state === "queued" || state === "paused") return false;
  return !open.answered || open.calls.some((call) => call.dispatches > 0 && !call.result);
}

function randomSeed(): Seed {
  const words = crypto.getRandomValues(new Uint32Array(4));
  return [words[0]!, words[1]!, words[2]!, words[3]!];
}
