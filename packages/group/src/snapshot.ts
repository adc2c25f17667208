// The state in parts, one row each: so that it is stored as what changed, never as one blob, and loaded without a scan.
import type { ApprovalId, Member, MemberId, RunId, RunStep } from "@acos/protocol";

import type { Approval, GroupFacts, GroupState, Run, Wake, WindowEntry } from "./state.ts";

/** Parts by key. A part that did not change between two states is the same object: compare by identity. */
export type StateParts = ReadonlyMap<string, object>;

interface Meta {
  readonly head: number;
  readonly group: GroupFacts | null;
  readonly windowTokens: number;
  /** Ids in the order of the maps, which rows do not keep. */
  readonly order: {
    readonly members: readonly MemberId[];
    readonly former: readonly MemberId[];
    readonly approvals: readonly ApprovalId[];
  };
}

const NO_META: Meta = {
  head: 0,
  group: null,
  windowTokens: 0,
  order: { members: [], former: [], approvals: [] },
};

/** Splits a state. The window is in order of seq, which its keys keep. */
export function partsOf(state: GroupState): StateParts {
  const parts = new Map<string, object>();
  const { head, group, windowTokens } = state;
  const order = {
    members: [...state.members.keys()],
    former: [...state.former.keys()],
    approvals: [...state.approvals.keys()],
  };
  parts.set("meta", { head, group, windowTokens, order } satisfies Meta);
  parts.set("wakes", state.wakes);
  for (const [id, member] of state.members) parts.set(`member/${id}`, member);
  for (const [id, member] of state.former) parts.set(`former/${id}`, member);
  for (const [id, approval] of state.approvals) parts.set(`approval/${id}`, approval);
  for (const entry of state.window) parts.set(`window/${entry.message}`, entry);
  for (const [id, run] of state.runs) {
    parts.set(`run/${id}`, { ...run, steps: [] });
    for (const step of run.steps) parts.set(`step/${id}/${step.turn}`, step);
  }
  return parts;
}

/** Puts a state together again; the opposite of `partsOf`, whatever the order of the rows. */
export function stateOf(parts: Iterable<readonly [string, object]>): GroupState {
  const rows = new Map<string, object>(parts);
  const kind = (name: string): readonly object[] =>
    [...rows].filter(([key]) => key.startsWith(`${name}/`)).map(([, part]) => part);
  const listed = <K extends string, V>(name: string, ids: readonly K[]): ReadonlyMap<K, V> =>
    new Map(ids.map((id) => [id, rows.get(`${name}/${id}`) as V]));
  const { order, ...meta } = (rows.get("meta") as Meta | undefined) ?? NO_META;
  const runs = (kind("run") as Run[]).toSorted((a, b) => a.queuedSeq - b.queuedSeq);
  const steps = (run: RunId): readonly RunStep[] =>
    (kind(`step/${run}`) as RunStep[]).toSorted((a, b) => a.turn - b.turn);
  return {
    ...meta,
    wakes: (rows.get("wakes") as readonly Wake[] | undefined) ?? [],
    members: listed<MemberId, Member>("member", order.members),
    former: listed<MemberId, Member>("former", order.former),
    approvals: listed<ApprovalId, Approval>("approval", order.approvals),
    window: (kind("window") as WindowEntry[]).toSorted((a, b) => a.seq - b.seq),
    runs: new Map(runs.map((run) => [run.run, { ...run, steps: steps(run.run) }])),
  };
}
