// Small questions about members that many rows ask.
import type { LocalMember, LocalRun, LocalView } from "@acos/client";
import type { Member, MemberId } from "@acos/protocol";

import { words } from "../words.ts";

/** The name of a member, also of one who has left. */
export function nameOf(view: LocalView, member: MemberId | undefined): string {
  return (member && view.members.get(member)?.info.name) || words.message.unknown;
}

export function selfOf(view: LocalView): Member | undefined {
  return view.self && view.members.get(view.self)?.info;
}

export function presentMembers(view: LocalView): readonly LocalMember[] {
  return [...view.members.values()].filter((member) => member.present);
}

/** Whether a model answers by rules instead of being an AI model. */
export function isRehearsal(model: string): boolean {
  return model.startsWith("rehearsal/");
}

/** The model behind an agent's message: its run's, or the one the agent has now where the run is not held here. */
export function modelOf(
  view: LocalView,
  by: MemberId,
  run: LocalRun | undefined,
): string | undefined {
  const info = view.members.get(by)?.info;
  return run?.model ?? (info?.type === "agent" ? info.pin.model : undefined);
}
