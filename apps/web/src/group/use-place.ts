// Where one reads: at the newest, at a message that is held here, or in an older stretch that is fetched for it.
import type { GroupConnection } from "@acos/client";
import type { MessageId } from "@acos/protocol";
import { useCallback, useRef, useState, type RefCallback } from "react";

import { api } from "../api.ts";
import type { JumpTarget } from "./group-navigation.ts";

/** A message one jumped to. Every jump makes a new one, also to the same message. */
export interface Mark {
  readonly message: MessageId;
}

export type Place =
  | { readonly kind: "newest" }
  | { readonly kind: "held"; readonly mark: Mark }
  | { readonly kind: "past"; readonly mark: Mark; readonly seq: number }
  | { readonly kind: "gone" };

const NEWEST: Place = { kind: "newest" };

export interface ReadingPlace {
  readonly place: Place;
  readonly jump: (target: JumpTarget) => void;
  readonly toNewest: () => void;
}

export function usePlace(group: string, connection: GroupConnection): ReadingPlace {
  const [place, setPlace] = useState<Place>(NEWEST);
  const last = useRef<Mark>(undefined);
  const jump = useCallback(
    ({ message, seq }: JumpTarget) => {
      const mark: Mark = { message };
      last.current = mark;
      if (connection.snapshot.view.messages.has(message)) return setPlace({ kind: "held", mark });
      if (seq !== undefined) return setPlace({ kind: "past", mark, seq });
      // Whoever jumps again meanwhile wants to be there, not here.
      const arrive = (at: Place): void => {
        if (last.current === mark) setPlace(at);
      };
      api.call("getMessage", { params: { id: group, message } }).then(
        (found) => arrive({ kind: "past", mark, seq: found.seq }),
        () => arrive({ kind: "gone" }),
      );
    },
    [group, connection],
  );
  const toNewest = useCallback(() => {
    last.current = undefined;
    setPlace(NEWEST);
  }, []);
  return { place, jump, toNewest };
}

/** A ref for the row one jumped to: `arrive` is called the first time it is there, not when it scrolls in again. */
export function useMarkRef(
  mark: Mark | undefined,
  arrive: (row: HTMLElement) => void,
): RefCallback<HTMLElement> {
  const arrived = useRef<Mark>(undefined);
  return useCallback(
    (row: HTMLElement | null) => {
      if (!row || !mark || arrived.current === mark) return;
      arrived.current = mark;
      arrive(row);
    },
    [mark, arrive],
  );
}
