// evolve(state, event) → state: folds one fact in. It never refuses, it never decides; the log is always right.
import type { EventOf, GroupEventKind, LogEvent, MemberId } from "@acos/protocol";

import { fullPolicy } from "./briefing/budget.ts";
import { changePin, setRule } from "./briefing/pins.ts";
import {
  addToWindow,
  changeInWindow,
  refitWindow,
  windowText,
  withdrawnText,
} from "./briefing/window.ts";
import {
  afterChange,
  foldAsked,
  foldMade,
  foldRefused,
  retoldSummary,
  withoutMessage,
} from "./compaction/fold.ts";
import { evolveRun, isRunEvent, type RunEvent } from "./evolve-run.ts";
import { foldCopied } from "./lifecycle/fold-copy.ts";
import { SANDBOX_FOLDS } from "./sandboxes/fold-sandbox.ts";
import { changeInRuns } from "./said-in-runs.ts";
import { withEntry, withoutEntry, type GroupState } from "./state.ts";

type Placed<E> = { readonly seq: number; readonly at: number; readonly event: E };
type Fold<K extends GroupEventKind> = (
  state: GroupState,
  placed: Placed<EventOf<K>>,
) => Partial<GroupState>;
type RoomKind = Exclude<GroupEventKind, RunEvent["kind"]>;

/**
 * Folds an event into the state. Expects `seq` to be the state's head + 1 and throws RangeError when it is not:
 * a hole in the log must never become a state.
 */
export function evolve(state: GroupState, placed: LogEvent): GroupState {
  if (placed.seq !== state.head + 1)
    throw new RangeError(`event ${placed.seq} does not follow ${state.head}`);
  const { event } = placed;
  const change = isRunEvent(event)
    ? evolveRun(state, { ...placed, event })
    : foldRoom(state, { ...placed, event });
  return { ...state, ...change, head: placed.seq };
}

function foldRoom(state: GroupState, placed: Placed<EventOf<RoomKind>>): Partial<GroupState> {
  const fold = ROOM[placed.event.kind] as Fold<RoomKind>;
  return fold(state, placed);
}

const ROOM: { readonly [K in RoomKind]: Fold<K> } = {
  "group-created": (_state, { at, event }) => ({
    group: {
      id: event.group,
      org: event.org,
      name: event.name,
      policy: fullPolicy(event.policy),
      createdAt: at,
      epoch: 1,
    },
  }),
  "settings-changed": (state, { event }) => changeSettings(state, event),
  "member-joined": (state, { event }) => ({
    members: withEntry(state.members, event.member.member, event.member),
    former: withoutEntry(state.former, event.member.member),
  }),
  "member-left": (state, { event }) => leave(state, event.member),
  "member-changed": (state, { event }) => {
    const member = state.members.get(event.member);
    if (!member) return {};
    const changed = { ...member, role: event.role };
    return { members: withEntry(state.members, event.member, changed), ...nextEpoch(state) };
  },
  "agent-version-adopted": (state, { event }) => {
    const member = state.members.get(event.member);
    if (member?.type !== "agent") return {};
    const { version, pin, name, handle, about } = event;
    const adopted = { ...member, version, pin, name, handle, about };
    return { members: withEntry(state.members, event.member, adopted) };
  },
  "message-posted": (state, { seq, at, event }) => ({
    ...addToWindow(state, { ...event, seq, at }),
    ...rememberTurnText(state, { seq, event }),
  }),
  "message-edited": (state, { event }) => edit(state, event),
  "message-redacted": (state, { event }) => withdraw(state, event),
  "reaction-set": () => ({}),
  "summary-asked": foldAsked,
  "summary-made": (state, { event }) => foldMade(state, event),
  "summary-refused": (state, { event }) => foldRefused(state, event),
  "briefing-rule-set": (state, { event }) => place(state, event),
  ...SANDBOX_FOLDS,
  "group-archived": () => ({}),
  "group-restored": () => ({}),
  "group-copied": (state, { at, event }) => foldCopied(state, { at, event }),
};

/** Several changes of one fact, each seeing the state after the one before. */
function inTurn(
  state: GroupState,
  ...changes: readonly ((state: GroupState) => Partial<GroupState>)[]
): GroupState {
  return changes.reduce((now, change) => ({ ...now, ...change(now) }), state);
}

function changeSettings(
  state: GroupState,
  event: EventOf<"settings-changed">,
): Partial<GroupState> {
  const { group } = state;
  if (!group) return {};
  const policy = event.policy ? fullPolicy(event.policy) : group.policy;
  const changed = { group: { ...group, name: event.name ?? group.name, policy } };
  if (policy.briefingTokens === group.policy.briefingTokens) return changed;
  return inTurn(state, () => changed, retoldSummary, refitWindow);
}

function edit(state: GroupState, event: EventOf<"message-edited">): Partial<GroupState> {
  const { message, parts } = event;
  const textFor = ({ seq }: { seq: number }) => windowText(state, parts, seq);
  return inTurn(
    state,
    (now) => afterChange(now, message),
    (now) => ({ briefingRules: changePin(now.briefingRules, message, textFor) }),
    (now) => ({ runs: changeInRuns(now.runs, message, (seq) => textFor({ seq }).text) }),
    (now) => changeInWindow(now, message, textFor),
  );
}

/** A withdrawn message's words are told nowhere any more: not in the window, a pin, a summary or a run's own steps. */
function withdraw(
  state: GroupState,
  { message }: EventOf<"message-redacted">,
): Partial<GroupState> {
  return inTurn(
    state,
    (now) => afterChange(now, message),
    (now) => withoutMessage(now, message),
    (now) => ({ briefingRules: withoutEntry(now.briefingRules, message) }),
    (now) => ({ runs: changeInRuns(now.runs, message, () => withdrawnText().text) }),
    (now) => changeInWindow(now, message, withdrawnText),
  );
}

function place(state: GroupState, event: EventOf<"briefing-rule-set">): Partial<GroupState> {
  const before = state.briefingRules.get(event.message)?.rule ?? "normal";
  const told = (before === "excluded") === (event.rule === "excluded");
  const briefingRules = setRule(state.briefingRules, event);
  if (told) return { briefingRules };
  return inTurn(
    state,
    (now) => afterChange(now, event.message),
    () => ({ briefingRules }),
    retoldSummary,
  );
}

/** What a turn said belongs to its run's transcript as well as to the room. */
function rememberTurnText(
  state: GroupState,
  { seq, event }: { seq: number; event: EventOf<"message-posted"> },
): Partial<GroupState> {
  const run = event.run && state.runs.get(event.run);
  if (!run?.open || run.open.message !== event.message) return {};
  const { text } = windowText(state, event.parts, seq);
  const { turn, message } = run.open;
  const told = { ...run, open: { ...run.open, text }, said: [...run.said, { turn, message }] };
  return { runs: withEntry(state.runs, run.run, told) };
}

function leave(state: GroupState, id: MemberId): Partial<GroupState> {
  const member = state.members.get(id);
  if (!member) return {};
  return {
    members: withoutEntry(state.members, id),
    former: withEntry(state.former, id, member),
    ...nextEpoch(state),
  };
}

function nextEpoch({ group }: GroupState): Pick<GroupState, "group"> {
  return { group: group && { ...group, epoch: group.epoch + 1 } };
}
