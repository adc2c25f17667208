// The sandboxes of an open group, put together: the way to their host, and who uses it for what. No rules live here.
import type { Access, GroupCommand, GroupState } from "@acos/group";
import { problem, type LogEvent, type MemberId, type UserId } from "@acos/protocol";

import type { Watch } from "../alarms.ts";
import type { WriteOutcome } from "../append.ts";
import type { Archivist } from "../archive/archivist.ts";
import type { Bindings } from "../env.ts";
import type { EventLog } from "../log/event-log.ts";
import { SessionKeys, subjectOf } from "../session-keys.ts";
import type { UsedTokens } from "../sockets/accept.ts";
import type { ToolOutputs } from "../sockets/tool-outputs.ts";
import { ChangedLines } from "./changed-lines.ts";
import { Checkpoints } from "./checkpoints.ts";
import { DataPlane } from "./data-plane.ts";
import { PreviewEnds } from "./preview-ends.ts";
import { Previews } from "./previews.ts";
import { SandboxCalls } from "./sandbox-calls.ts";
import { SandboxCommands } from "./sandbox-commands.ts";
import { SandboxDriver } from "./sandbox-driver.ts";
import { SandboxFacts } from "./sandbox-facts.ts";
import { SandboxKeeper } from "./sandbox-keeper.ts";
import { NO_HOST, SandboxLink } from "./sandbox-link.ts";
import { SandboxPort } from "./sandbox-port.ts";
import { SandboxStarts } from "./sandbox-starts.ts";
import { TerminalSockets } from "./terminal-sockets.ts";
import { WorkspaceSnapshots } from "./workspace-snapshots.ts";

export interface SandboxesRim {
  readonly bindings: Pick<Bindings, "AUTHORITY" | "SANDBOXES">;
  readonly storage: DurableObjectStorage;
  readonly archivist: Archivist;
  readonly log: EventLog;
  readonly tokens: UsedTokens;
  readonly outputs: ToolOutputs;
  readonly watch: Watch;
  readonly now: () => number;
  readonly state: () => GroupState;
  readonly write: (command: GroupCommand) => WriteOutcome;
  readonly visited: (by: Access["member"]) => void;
}

const SESSION_ENDED = problem(
  "unauthenticated",
  "The sign-in or API key of this terminal has ended.",
);

const DEMOTED = problem("forbidden", "Your role here is viewer now; a terminal needs member.");

export class GroupSandboxes {
  readonly driver: SandboxDriver;
  readonly keeper: SandboxKeeper;
  readonly commands: SandboxCommands;
  readonly data: DataPlane;
  readonly previews: Previews;
  readonly terminals = new TerminalSockets();
  readonly previewEnds: PreviewEnds;
  readonly #now: () => number;
  readonly #state: () => GroupState;

  constructor(rim: SandboxesRim) {
    const { bindings, storage, archivist, log, tokens, watch, now, state, write, visited } = rim;
    const { outputs } = rim;
    const keys = new SessionKeys(bindings.AUTHORITY, now, "acos:sandbox-host");
    const link = new SandboxLink(bindings.SANDBOXES ?? NO_HOST, keys, () => subjectOf(state()));
    const port = new SandboxPort(link);
    const facts = new SandboxFacts(state, write);
    const { notes, store, history } = archivist;
    const snapshots = new WorkspaceSnapshots(port, facts, store);
    const starts = new SandboxStarts({ port, facts, snapshots, notes });
    const checkpoints = new Checkpoints(port, facts, now);
    const lines = new ChangedLines({
      port,
      newest: (kind, limit) => log.ofKindBefore(kind, Number.MAX_SAFE_INTEGER, limit),
      run: (run) => history.run(run),
    });
    this.previewEnds = new PreviewEnds(storage.sql);
    this.keeper = new SandboxKeeper({ port, facts, starts, snapshots, notes, watch, now });
    this.commands = new SandboxCommands({
      port,
      facts,
      starts,
      checkpoints,
      snapshots,
      keeper: this.keeper,
      lines,
      write,
    });
    this.driver = new SandboxDriver({
      port,
      calls: new SandboxCalls(link, now),
      facts,
      starts,
      checkpoints,
      tokens,
      outputs,
      now,
      write: (command) => void write(command),
      durable: () => storage.sync(),
    });
    const { terminals, previewEnds: ends } = this;
    this.data = new DataPlane({
      link,
      facts,
      starts,
      checkpoints,
      terminals,
      tokens,
      now,
      visited,
    });
    this.previews = new Previews({ link, facts, starts, tokens, ends, now });
    this.#now = now;
    this.#state = state;
  }

  /** What follows from appended events: the object wakes for what was started, and new rules hold at once. Never rejects. */
  async appended(events: readonly LogEvent[]): Promise<void> {
    for (const { event } of events)
      if (event.kind === "member-changed" && event.role === "viewer") this.#demoted(event.member);
    const kinds = new Set(events.map(({ event }) => event.kind));
    if (kinds.has("sandbox-started")) this.keeper.watch();
    if (!kinds.has("settings-changed")) return;
    await this.keeper.applyEgress().catch(() => {
      // The next look tells the host again.
    });
  }

  /** Who only reads from now on has no terminal any more. */
  #demoted(id: MemberId): void {
    const member = this.#state().members.get(id);
    if (member?.type === "user") this.terminals.close(DEMOTED, member.user);
  }

  /** Ends a session's terminals and previews, or all of the user's where `sid` is null. */
  endSession(user: UserId, sid: string | null): void {
    this.previewEnds.end(user, sid, this.#now());
    this.terminals.close(SESSION_ENDED, user, sid);
  }
}
