// What any part of a group's page can ask of the page as a whole: to show a message, or a panel about something.
import type { MessageId, MessageView } from "@acos/protocol";
import { createContext, useContext } from "react";

/** A message to be shown; its seq spares a request where it is known. */
export interface JumpTarget {
  readonly message: MessageId;
  readonly seq?: number | undefined;
}

export interface GroupNavigation {
  /** Shows a message in the transcript, however old it is. */
  readonly jump: (target: JumpTarget) => void;
  /** Shows what an agent was told for the turn that said this message. */
  readonly showBriefing: (message: MessageView) => void;
  readonly showSummary: () => void;
  /** Opens the connection to the group anew. */
  readonly reopen: () => void;
}

export const GroupNavigationContext = createContext<GroupNavigation | null>(null);

export function useGroupNavigation(): GroupNavigation {
  const navigation = useContext(GroupNavigationContext);
  if (!navigation) throw new Error("This part of the app belongs inside a group's page.");
  return navigation;
}
