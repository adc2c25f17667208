// What a reader sees of a group: the local view, folded from the welcome, the events, the deltas and who is about.
import type {
  ApprovalId,
  BriefingRule,
  CallState,
  DeltaFrame,
  GroupEvent,
  GroupFrame,
  GroupView,
  LogEvent,
  Member,
  MemberId,
  MessageId,
  MessageView,
  Problem,
  RunId,
  RunState,
  SandboxId,
  SandboxView,
  SummaryId,
  ToolArguments,
  ToolCallId,
  ToolResult,
  Usage,
} from "@acos/protocol";

export interface LocalMember {
  readonly info: Member;
  /** False for one who has left; kept, so that what they said still has a name. */
  readonly present: boolean;
}

/** A message as lists carry it, and the turn of its run that said it where the event was held. */
export interface LocalMessage extends MessageView {
  readonly turn?: number | undefined;
}

/** Where the group's summary stands; what it says is read by REST. */
export interface LocalSummary {
  /** 0 before the first. */
  readonly version: number;
  /** Every message up to this seq is summarised. */
  readonly upTo: number;
  /** One is being made. */
  readonly making: boolean;
  /** Why the last one that was asked for is not there; absent once another was asked for. */
  readonly refused?: string;
  /** The one being made, where its asking is held here. */
  readonly asked?: SummaryId;
}

/** A sandbox by the log: states that it passes through are not in it. */
export type LocalSandbox = Readonly<SandboxView>;

export interface LocalRun {
  readonly run: RunId;
  readonly state: RunState;
  /** Absent where the run began before the oldest event held here. */
  readonly member?: MemberId;
  readonly version?: number;
  readonly trigger?: MessageId;
  readonly model?: string;
  readonly queuedAt?: number;
  readonly startedAt?: number;
  readonly endedAt?: number;
  readonly turn?: number;
  readonly pausedFor?: "approval" | "turn-limit";
  readonly reason?: string;
  readonly problem?: Problem;
  readonly usage?: Usage;
  readonly cost?: number;
}

export interface LocalCall {
  readonly call: ToolCallId;
  readonly run: RunId;
  readonly at: number;
  readonly tool: string;
  readonly arguments: ToolArguments;
  readonly effect: boolean;
  readonly state: CallState;
  readonly approval?: ApprovalId;
  readonly decision?: "approve" | "deny";
  readonly decidedBy?: MemberId;
  readonly result?: ToolResult;
}

export interface DraftPart {
  readonly kind: "text" | "reasoning";
  readonly text: string;
}

/** A message while it streams; `message-posted` with the same id takes its place. */
export interface Draft {
  readonly message: MessageId;
  readonly run: RunId;
  readonly by: MemberId;
  readonly parts: readonly DraftPart[];
}

/** The last of what a call's command says while it runs; its result takes its place. */
export interface CallOutput {
  readonly run: RunId;
  readonly text: string;
  /** UTF-16 units up to the text's end. */
  readonly end: number;
  /** There was more before the text. */
  readonly isCut: boolean;
}

/** One row of the transcript in its place in the log; what it shows is looked up under its id. */
export type Entry =
  | { readonly kind: "message"; readonly seq: number; readonly at: number; readonly id: MessageId }
  | { readonly kind: "call"; readonly seq: number; readonly at: number; readonly id: ToolCallId }
  | { readonly kind: "run-end"; readonly seq: number; readonly at: number; readonly id: RunId }
  | {
      readonly kind: "notice";
      readonly seq: number;
      readonly at: number;
      readonly event: GroupEvent;
    };

export interface LocalView {
  /** Undefined until the first welcome. */
  readonly group?: Pick<GroupView, "id" | "org" | "name" | "policy" | "createdAt" | "state">;
  readonly self?: MemberId;
  /** Undefined where none was made or asked for. */
  readonly summary?: LocalSummary;
  /** Messages that are told in every briefing, or in none. */
  readonly briefingRules: ReadonlyMap<MessageId, Exclude<BriefingRule, "normal">>;
  readonly members: ReadonlyMap<MemberId, LocalMember>;
  readonly messages: ReadonlyMap<MessageId, LocalMessage>;
  readonly runs: ReadonlyMap<RunId, LocalRun>;
  readonly calls: ReadonlyMap<ToolCallId, LocalCall>;
  readonly sandboxes: ReadonlyMap<SandboxId, LocalSandbox>;
  readonly drafts: ReadonlyMap<MessageId, Draft>;
  readonly outputs: ReadonlyMap<ToolCallId, CallOutput>;
  readonly entries: readonly Entry[];
  readonly online: ReadonlySet<MemberId>;
  readonly typing: ReadonlySet<MemberId>;
}

export const EMPTY_VIEW: LocalView = {
  briefingRules: new Map(),
  members: new Map(),
  messages: new Map(),
  runs: new Map(),
  calls: new Map(),
  sandboxes: new Map(),
  drafts: new Map(),
  outputs: new Map(),
  entries: [],
  online: new Set(),
  typing: new Set(),
};

export type ViewInput =
  | Extract<GroupFrame, { type: "welcome" | "delta" | "tool-output" | "presence" | "typing" }>
  | ({ readonly type: "event" } & LogEvent)
  | { readonly type: "typing-ended"; readonly member: MemberId };

export type Welcome = Extract<GroupFrame, { type: "welcome" }>;

/** A view under change: collections are copied at the first touch, so that older views stay as they were. */
export interface Work {
  view: { -readonly [K in keyof LocalView]: LocalView[K] };
  readonly copied: Set<string>;
}

type MapName =
  | "briefingRules"
  | "members"
  | "messages"
  | "runs"
  | "calls"
  | "sandboxes"
  | "drafts"
  | "outputs";
type MutableMap<K extends MapName> =
  LocalView[K] extends ReadonlyMap<infer Key, infer Value> ? Map<Key, Value> : never;

/** A collection of the work, safe to change. */
export function own<K extends MapName>(work: Work, name: K): MutableMap<K> {
  if (!work.copied.has(name)) {
    work.copied.add(name);
    (work.view as Record<MapName, unknown>)[name] = new Map(work.view[name] as never);
  }
  return work.view[name] as unknown as MutableMap<K>;
}

/** Adds a row to the transcript; rows arrive in seq order. */
export function addEntry(work: Work, entry: Entry): void {
  if (!work.copied.has("entries")) {
    work.copied.add("entries");
    work.view.entries = [...work.view.entries];
  }
  (work.view.entries as Entry[]).push(entry);
}

/** Whether a delta continues what is held of its part; false means something in between was missed. */
export function deltaFits(view: LocalView, delta: DeltaFrame): boolean {
  const held = view.drafts.get(delta.message)?.parts[delta.part]?.text.length ?? 0;
  return delta.offset <= held || view.messages.has(delta.message);
}

/** Whether a run is still going on. */
export function isOpen(run: LocalRun): boolean {
  return (
    run.state === "queued" ||
    run.state === "running" ||
    run.state === "waiting" ||
    run.state === "paused"
  );
}
