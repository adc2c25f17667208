// An open group: the parts of one Durable Object put together round its log. No rules and no protocol live here.
import type { Access, Effect, GroupCommand, GroupState, Run } from "@acos/group";
import {
  IDLE_SNAPSHOT_MS,
  problem,
  type GroupDirectoryControl,
  type LogEvent,
  type UserId,
} from "@acos/protocol";

import { Watch } from "./alarms.ts";
import { Archivist } from "./archive/archivist.ts";
import { ColdStore } from "./archive/cold-store.ts";
import { SegmentTable } from "./archive/segment-table.ts";
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
import { randomSeed } from "./random-seed.ts";
import { Ledgers } from "./runs/ledgers.ts";
import { RunDriver } from "./runs/run-driver.ts";
import { SummaryDriver } from "./runs/summary-driver.ts";
import { answerFromLog, filterBytes } from "./remembering.ts";
import { GroupSandboxes } from "./sandboxes/group-sandboxes.ts";
import { SessionKeys, subjectOf } from "./session-keys.ts";
import { UsedTokens } from "./sockets/accept.ts";
import { Drafts } from "./sockets/drafts.ts";
import { FrameBudget } from "./sockets/frame-budget.ts";
import { LiveSockets } from "./sockets/live-sockets.ts";
import { SocketProofs } from "./sockets/socket-proofs.ts";
import { ToolOutputs } from "./sockets/tool-outputs.ts";

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
  readonly outputs: ToolOutputs;
  readonly tokens: UsedTokens;
  readonly budget: FrameBudget;
  readonly watch: Watch;
  readonly proofs: SocketProofs;
  readonly now: () => number;
  readonly queue: CommandQueue;
  readonly audit: AuditTeller;
  readonly archivist: Archivist;
  readonly ledgers: Ledgers;
  readonly sandboxes: GroupSandboxes;
  readonly #untold: UntoldNews;
  readonly #summaries: SummaryDriver;
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
    const segments = new SegmentTable(sql);
    this.log = new EventLog(sql, segments);
    this.marks = new ReadMarks(sql);
    this.tokens = new UsedTokens(sql);
    this.sockets = new LiveSockets(context.getWebSockets());
    this.budget = new FrameBudget(framesPerMinute(bindings));
    this.queue = new CommandQueue(() => storage.sync());
    this.watch = new Watch(storage, now);
    this.proofs = this.#openProofs(bindings);
    this.drafts = new Drafts((text) => this.sockets.sendAll(text));
    this.outputs = new ToolOutputs((text) => this.sockets.sendAll(text));
    this.#keys = new SessionKeys(bindings.AUTHORITY, now);
    this.#untold = new UntoldNews(sql, this.log, (run) => this.archivist.history.ofRun(run));
    this.audit = new AuditTeller({
      trail: bindings.AUDIT,
      untold: this.#untold,
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
        appended: (events) => this.#appended(events),
        publish: (rows) => this.sockets.publish(rows),
        start: (effect) => this.#start(effect),
      },
      hydrate(states, this.log),
    );
    this.archivist = this.#openArchivist(bindings, states, segments);
    this.ledgers = new Ledgers(this.log, this.archivist);
    const agents = new AgentsWorker(bindings.AGENTS, this.#keys);
    const state = (): GroupState => this.path.state;
    const write = (command: GroupCommand): void => void this.path.write(command);
    this.sandboxes = this.#openSandboxes(bindings);
    this.#summaries = new SummaryDriver({ agents, state, write });
    this.#driver = new RunDriver({
      agents,
      sandboxes: this.sandboxes.driver,
      drafts: this.drafts,
      state,
      write,
      durable: () => storage.sync(),
      remembers: (call) => answerFromLog(this, call),
      told: (then, briefing) => this.ledgers.note(then, briefing),
    });
    // The first append would put off an alarm that the process before set for these.
    this.proofs.watch();
    this.sandboxes.keeper.watch();
  }

  #openSandboxes(bindings: Bindings): GroupSandboxes {
    return new GroupSandboxes({
      bindings,
      storage: this.#context.storage,
      archivist: this.archivist,
      log: this.log,
      tokens: this.tokens,
      outputs: this.outputs,
      watch: this.watch,
      now: this.now,
      state: () => this.path.state,
      write: (command) => this.path.write(command),
      visited: (by) => this.visited(by),
    });
  }

  #openArchivist(bindings: Bindings, states: StateStore, segments: SegmentTable): Archivist {
    const { storage, id } = this.#context;
    return new Archivist({
      storage,
      store: new ColdStore(bindings.ARCHIVE, id.toString()),
      log: this.log,
      segments,
      filterOf: filterBytes,
      now: this.now,
      state: () => this.path.state,
      saveState: () => states.save(this.path.state),
      mayMoveTo: () => (this.#untold.first() ?? Infinity) - 1,
    });
  }

  /** What follows from every append but its own effects. */
  #appended(events: readonly LogEvent[]): void {
    if (this.audit.take(events)) this.#context.waitUntil(this.audit.tell());
    this.watch.wakeBy(this.now() + IDLE_SNAPSHOT_MS);
    if (this.archivist.isFlushTimely()) this.#context.waitUntil(this.#flush());
    this.#context.waitUntil(this.sandboxes.appended(events));
  }

  async #flush(): Promise<void> {
    try {
      await this.archivist.flush();
    } catch {
      // Cold storage does not answer: the events stay here, and the watch tries again.
      this.watch.arm();
    }
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
    const { compaction } = this.path.state;
    const isSummaryStranded = compaction !== null && !this.#summaries.isWorking;
    const stranded = [...this.path.state.runs.values()]
      .filter((run) => !this.#driver.isWorking(run.run) && needsWork(run))
      .map((each) => each.run);
    if (stranded.length > 0 || isSummaryStranded)
      this.path.write({ kind: "recover", runs: stranded, summarizing: this.#summaries.isWorking });
    if (this.#underWay()) this.watch.arm();
  }

  /** Ends the sockets of a session, or all of a user's, and refuses the tokens they still hold. Says how many it ended. */
  endSession(user: UserId, sid: string | null): number {
    this.tokens.endSession(user, sid, this.now());
    this.sandboxes.endSession(user, sid);
    return this.sockets.close(SESSION_ENDED, user, sid);
  }

  /** Notes that a member came, or the org's own plane changed something that counts: an archived group is back by that. */
  visited(by: Access["member"]): void {
    const { notes } = this.archivist;
    const archived = notes.get("archived");
    if (!archived) return;
    const { generation } = notes.get("snapshot") ?? { generation: 1 };
    this.path.write({ kind: "restore", generation, by, lost: archived.lost });
    notes.drop("archived");
    this.watch.arm();
    this.#context.waitUntil(this.announceArchived(false).catch(() => this.watch.arm()));
  }

  /** Tells the directory of groups whether this one lies in cold storage. */
  async announceArchived(archived: boolean): Promise<void> {
    const { group } = this.path.state;
    if (group) await this.#directory.noteArchived(group.id, archived);
  }

  /** When the last event was appended, in milliseconds since the epoch. */
  lastAt(): number {
    return this.log.after(this.path.state.head - 1, 1)[0]?.at ?? this.now();
  }

  /** Gets a session certificate ready, for a group that somebody has just entered. */
  warm(): void {
    const subject = subjectOf(this.path.state);
    if (subject) this.#keys.warm(subject);
  }

  /** Ends all work of this group in this process. */
  stop(): void {
    for (const run of this.path.state.runs.keys()) this.#driver.abort(run);
    this.#summaries.abort();
  }

  /** Tells the directory; what is lost here, the next change of the name puts right. */
  async #announce(name: string): Promise<void> {
    const { group } = this.path.state;
    if (group) await this.#directory.rename(group.id, name);
  }

  #underWay(): boolean {
    const { runs, compaction } = this.path.state;
    return compaction !== null || [...runs.values()].some(needsWork);
  }

  #start(effect: Effect): void {
    switch (effect.kind) {
      case "brief":
      case "call-tool":
      case "follow-call":
        this.watch.arm();
        this.#context.waitUntil(this.#driver.start(effect));
        return;
      case "summarize":
        this.watch.arm();
        this.#context.waitUntil(this.#summaries.start(effect.summary, effect.afterMs));
        return;
      case "abort":
        this.#driver.abort(effect.run);
        return;
      case "close-sockets":
        this.sockets.close(REMOVED, effect.user);
        this.sandboxes.terminals.close(REMOVED, effect.user);
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
