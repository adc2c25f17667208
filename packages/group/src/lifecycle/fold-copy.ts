// The fold of a copy: another group's history becomes this one's; what was under way there has ended.
import type { EventOf, Member, MemberId } from "@acos/protocol";

import { copiedSandboxes } from "../sandboxes/fold-sandbox.ts";
import { EMPTY_STATE, type GroupState } from "../state.ts";

/** Members of before stay known, so that every message has its author. Window, pins and summary stay. */
export function foldCopied(
  state: GroupState,
  { at, event }: { readonly at: number; readonly event: EventOf<"group-copied"> },
): Partial<GroupState> {
  const { group } = state;
  if (!group) return {};
  const here: readonly Member[] = [event.creator, ...event.agents];
  const members = new Map<MemberId, Member>(here.map((member) => [member.member, member]));
  const before = [...state.former, ...state.members].filter(([id]) => !members.has(id));
  const { runs, approvals, wakes, compaction, triedTokens } = EMPTY_STATE;
  return {
    group: {
      id: event.group,
      org: event.org,
      name: event.name,
      policy: group.policy,
      createdAt: at,
      epoch: group.epoch + 1,
    },
    members,
    former: new Map(before),
    runs,
    approvals,
    wakes,
    sandboxes: copiedSandboxes(state, { at, event }),
    compaction,
    triedTokens,
    ...(event.how === "import" && { calibration: EMPTY_STATE.calibration }),
  };
}
