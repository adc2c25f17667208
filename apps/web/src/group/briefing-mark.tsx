// Said under a message whose place in briefings members have settled.
import type { MessageId } from "@acos/protocol";
import type { JSX } from "react";

import { Icon } from "../ui/icon.tsx";
import { words } from "../words.ts";
import { useStillView } from "./use-group.ts";

export function BriefingMark({ message }: { message: MessageId }): JSX.Element | null {
  const rule = useStillView().briefingRules.get(message);
  if (rule === undefined) return null;
  return (
    <p className="mt-0.5 flex items-center gap-1.5 text-tiny text-ink-soft">
      <Icon name={rule === "pinned" ? "pin" : "mute"} size={13} />
      {words.pins[rule]}
    </p>
  );
}
