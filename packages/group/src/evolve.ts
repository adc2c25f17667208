// evolve(state, event) → state: folds one fact in. It never refuses, it never decides; the log is always right.
import type { EventOf, GroupEventKind, LogEvent, MemberId } from "@acos/protocol";

import { evolveRun, isRunEvent, type RunEvent } from "./evolve-run.ts";
import { memberOf, withEntry, withoutEntry, type GroupState } from "./state.ts";
import { addToWindow, changeInWindow, labelOf, windowText } from "./window.ts";

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
      policy: event.policy,
      createdAt: at,
      epoch: 1,
    },
  }),
  "settings-changed": (state, { event }) =>
    state.group
      ? {
          group: {
            ...state.group,
            name: event.name ?? state.group.name,
            policy: event.policy ?? state.group.policy,
          },
        }
      : {},
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
    ...addToWindow(state, {
      seq,
      at,
      message: event.message,
      by: event.by,
      label: labelOf(memberOf(state, event.by), event.by, at),
      text: windowText(event.parts),
    }),
    ...rememberTurnText(state, event),
  }),
  "message-edited": (state, { event }) =>
    changeInWindow(state, event.message, windowText(event.parts)),
  "message-redacted": (state, { event }) =>
    changeInWindow(state, event.message, "(this message was withdrawn)"),
  "reaction-set": () => ({}),
};

/** What a turn said belongs to its run's transcript as well as to the room. */
function rememberTurnText(
  state: GroupState,
  event: EventOf<"message-posted">,
): Partial<GroupState> {
  const run = event.run && state.runs.get(event.run);
  if (!run?.open || run.open.message !== event.message) return {};
  const open = { ...run.open, text: windowText(event.parts) };
  return { runs: withEntry(state.runs, run.run, { ...run, open }) };
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
