// Who a message will wake, told before it is sent; a forecast, since the group decides with all its limits.
import type { LocalMember } from "@acos/client";
import type { MemberId, Policy } from "@acos/protocol";

import { handlesIn } from "./mention-search.ts";

export interface WakePreview {
  /** Names of the agents that will answer. */
  readonly wakes: readonly string[];
  /** The first handle that means nobody here. */
  readonly unknown?: string;
}

interface Draft {
  readonly text: string;
  /** Whose message is replied to. */
  readonly replyTo: MemberId | undefined;
}

/** Looks ahead for a person's message. */
export function wakePreview(
  { text, replyTo }: Draft,
  policy: Pick<Policy, "wake">,
  members: readonly LocalMember[],
): WakePreview {
  const handles = handlesIn(text);
  const here = members.filter((member) => member.present).map((member) => member.info);
  const agents = here.filter((info) => info.type === "agent" && info.role !== "viewer");
  const mentioned = agents.filter((info) => handles.includes(info.handle));
  const repliedTo = agents.filter((info) => info.member === replyTo);
  const asked = [...new Set([...mentioned, ...repliedTo])];
  const woken = asked.length === 0 && policy.wake === "everyone" ? agents : asked;
  const unknown = handles.find((handle) => !here.some((info) => info.handle === handle));
  return { wakes: woken.map((info) => info.name), ...(unknown === undefined ? {} : { unknown }) };
}
