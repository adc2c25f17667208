// The state in parts, one row each: so that it is stored as what changed, never as one blob, and loaded without a scan.
import {
  estimateTokens,
  type ApprovalId,
  type Member,
  type MemberId,
  type MessageId,
  type RunId,
  type RunStep,
  type SandboxId,
} from "@acos/protocol";

import { fullPolicy } from "./briefing/budget.ts";
import type { GroupSandbox } from "./sandboxes/sandbox.ts";
import type {
  Approval,
  Compaction,
  Gap,
  GroupFacts,
  GroupState,
  PlacedRule,
  Run,
  Summary,
  Wake,
  WindowEntry,
} from "./state.ts";

/** Parts by key. A part that did not change between two states is the same object: compare by identity. */
export type StateParts = ReadonlyMap<string, object>;

interface Meta {
  readonly head: number;
  readonly group: GroupFacts | null;
  readonly windowTokens: number;
  readonly triedTokens: number | null;
  readonly gap: Gap | null;
  readonly calibration: readonly (readonly [string, number])[];
  readonly lastRan: MemberId | null;
  /** Ids in the order of the maps, which rows do not keep. */
  readonly order: {
    readonly members: readonly MemberId[];
    readonly former: readonly MemberId[];
    readonly approvals: readonly ApprovalId[];
    readonly rules: readonly MessageId[];
    readonly sandboxes: readonly SandboxId[];
  };
}

const NO_META: Meta = {
  head: 0,
  group: null,
  windowTokens: 0,
  triedTokens: null,
  gap: null,
  calibration: [],
  lastRan: null,
  order: { members: [], former: [], approvals: [], rules: [], sandboxes: [] },
};

/** Splits a state. The window is in order of seq, which its keys keep. */
export function partsOf(state: GroupState): StateParts {
  const parts = new Map<string, object>();
  const { head, group, windowTokens, triedTokens, gap, lastRan } = state;
  const order = {
    members: [...state.members.keys()],
    former: [...state.former.keys()],
    approvals: [...state.approvals.keys()],
    rules: [...state.briefingRules.keys()],
    sandboxes: [...state.sandboxes.keys()],
  };
  const calibration = [...state.calibration];
  const meta = { head, group, windowTokens, triedTokens, gap, calibration, lastRan, order };
  parts.set("meta", meta satisfies Meta);
  parts.set("wakes", state.wakes);
  if (state.summary) parts.set("summary", state.summary);
  if (state.compaction) parts.set("compaction", state.compaction);
  for (const [id, rule] of state.briefingRules) parts.set(`rule/${id}`, rule);
  for (const [id, member] of state.members) parts.set(`member/${id}`, member);
  for (const [id, member] of state.former) parts.set(`former/${id}`, member);
  for (const [id, approval] of state.approvals) parts.set(`approval/${id}`, approval);
  for (const [id, sandbox] of state.sandboxes) parts.set(`sandbox/${id}`, sandbox);
  for (const entry of state.window) parts.set(`window/${entry.message}`, entry);
  for (const [id, run] of state.runs) {
    parts.set(`run/${id}`, { ...run, steps: [] });
    for (const step of run.steps) parts.set(`step/${id}/${step.turn}`, step);
  }
  return parts;
}

/**
 * Puts a state together again; the opposite of `partsOf`, whatever the order of the rows. What parts of an earlier product do
 * not have is as it is in a group where it never happened.
 */
export function stateOf(parts: Iterable<readonly [string, object]>): GroupState {
  const rows = new Map<string, object>(parts);
  const kind = (name: string): readonly object[] =>
    [...rows].filter(([key]) => key.startsWith(`${name}/`)).map(([, part]) => part);
  const listed = <K extends string, V>(name: string, ids: readonly K[]): ReadonlyMap<K, V> =>
    new Map(ids.map((id) => [id, rows.get(`${name}/${id}`) as V]));
  const stored: Partial<Meta> = rows.get("meta") ?? {};
  const { order: someOrder, calibration, group, ...meta } = { ...NO_META, ...stored };
  const order = { ...NO_META.order, ...someOrder };
  const runs = (kind("run") as Run[]).toSorted((a, b) => a.queuedSeq - b.queuedSeq);
  const window = (kind("window") as StoredEntry[]).map(entryOf).toSorted((a, b) => a.seq - b.seq);
  const steps = (run: RunId): readonly RunStep[] =>
    (kind(`step/${run}`) as RunStep[]).toSorted((a, b) => a.turn - b.turn);
  return {
    ...meta,
    group: group && { ...group, policy: fullPolicy(group.policy) },
    calibration: new Map(calibration),
    summary: (rows.get("summary") as Summary | undefined) ?? null,
    compaction: (rows.get("compaction") as Compaction | undefined) ?? null,
    briefingRules: listed<MessageId, PlacedRule>("rule", order.rules),
    wakes: (rows.get("wakes") as readonly Wake[] | undefined) ?? [],
    members: listed<MemberId, Member>("member", order.members),
    former: listed<MemberId, Member>("former", order.former),
    sandboxes: listed<SandboxId, GroupSandbox>("sandbox", order.sandboxes),
    approvals: listed<ApprovalId, Approval>("approval", order.approvals),
    window,
    windowTokens: window.reduce((sum, { tokens }) => sum + tokens, 0),
    runs: new Map(runs.map((run) => [run.run, { ...NO_RUN, ...run, steps: steps(run.run) }])),
  };
}

/** What runs of an earlier product do not have. */
const NO_RUN: Pick<Run, "said" | "triggerSeq"> = { said: [], triggerSeq: null };

type StoredEntry = Omit<WindowEntry, "left"> & Partial<Pick<WindowEntry, "left">>;

/** An entry of an earlier product gets the seq into its label. */
function entryOf({ left, ...entry }: StoredEntry): WindowEntry {
  if (left !== undefined) return { ...entry, left };
  const label = `[#${entry.seq} ${entry.label.slice(1)}`;
  const tokens = estimateTokens(label) + estimateTokens(entry.text) + 1;
  return { ...entry, label, tokens, left: 0 };
}
