// What stands beside the transcript: the members, or something one looked up, which lies over them until it is closed.
import type { MessageView } from "@acos/protocol";
import { useCallback, useMemo, useState } from "react";

/** Something one looked up. */
export type LookedUp =
  | { readonly kind: "search" }
  | { readonly kind: "summary" }
  | { readonly kind: "briefing"; readonly message: MessageView };

export type Panel = { readonly kind: "members" } | LookedUp;

export interface Panels {
  readonly panel: Panel | undefined;
  readonly show: (panel: LookedUp) => void;
  /** Closes what was looked up; the members show again where they were. */
  readonly close: () => void;
  readonly toggleMembers: () => void;
}

/** Wide enough for a panel beside the transcript; below, it lies over it. */
const WIDE = "(min-width: 64rem)";

export const isWide = (): boolean => matchMedia(WIDE).matches;

const MEMBERS: Panel = { kind: "members" };

export function usePanels(): Panels {
  const [members, setMembers] = useState(isWide);
  const [over, setOver] = useState<LookedUp>();
  const panel = over ?? (members ? MEMBERS : undefined);
  const shown = panel?.kind === "members";
  const close = useCallback(() => setOver(undefined), []);
  const toggleMembers = useCallback(() => {
    setOver(undefined);
    setMembers(!shown);
  }, [shown]);
  return useMemo(
    () => ({ panel, show: setOver, close, toggleMembers }),
    [panel, close, toggleMembers],
  );
}
