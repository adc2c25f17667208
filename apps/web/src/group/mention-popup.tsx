// The list of members that the mention being written may mean; the keys stay in the composer.
import type { Member } from "@acos/protocol";
import type { JSX } from "react";

import { words } from "../words.ts";
import { MemberMark } from "./member-mark.tsx";
import type { Mentions } from "./use-mentions.ts";

export const POPUP_ID = "mention-popup";

export function optionId(member: Member): string {
  return `mention-${member.member}`;
}

export function MentionPopup({ mentions }: { mentions: Mentions }): JSX.Element {
  return (
    <div
      role="listbox"
      id={POPUP_ID}
      aria-label={words.composer.mentions}
      className="absolute bottom-full left-0 z-20 mb-2 w-80 max-w-full rounded-xl border border-line bg-raised p-1 shadow-float"
    >
      {mentions.found.map((member) => (
        <div
          key={member.member}
          role="option"
          id={optionId(member)}
          aria-selected={member === mentions.active}
          className={`flex min-h-10 items-center gap-2.5 rounded-lg px-2.5 py-1 text-small ${member === mentions.active ? "bg-hover" : ""}`}
          // The press must not take the focus from the composer.
          onPointerDown={(event) => {
            event.preventDefault();
            mentions.choose(member);
          }}
        >
          <MemberMark info={member} size={24} />
          <span className="min-w-0 flex-1">
            <span className="font-medium">{member.name}</span>{" "}
            <span className="text-ink-soft">@{member.handle}</span>
            {member.type === "agent" && member.about !== "" && (
              <span className="block truncate text-tiny text-ink-soft">{member.about}</span>
            )}
          </span>
        </div>
      ))}
    </div>
  );
}
