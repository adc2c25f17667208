// The search of a group's page: its text, and which of the two fields one types in: in the head where there is room, else
// on the panel.
import { useCallback, useRef, useState, type RefObject } from "react";
import { flushSync } from "react-dom";

import { isWide, type Panels } from "../group/use-panel.ts";
import type { SearchField } from "./search-box.tsx";
import { useSearchKeys } from "./use-search-keys.ts";

export interface Search {
  readonly text: string;
  readonly inHead: SearchField;
  readonly headField: RefObject<HTMLInputElement | null>;
  readonly panelField: RefObject<HTMLInputElement | null>;
  /** Opens the search and puts the caret into its field, before the next key. */
  readonly open: () => void;
  /** Puts the caret back into the field. */
  readonly toField: () => void;
}

export function useSearch(panels: Panels): Search {
  const { panel, show, close } = panels;
  const [text, setText] = useState("");
  const headField = useRef<HTMLInputElement>(null);
  const panelField = useRef<HTMLInputElement>(null);
  const toField = useCallback(() => {
    const field = isWide() ? headField.current : panelField.current;
    field?.focus();
    field?.select();
  }, []);
  const open = useCallback(() => {
    flushSync(() => show({ kind: "search" }));
    toField();
  }, [show, toField]);
  useSearchKeys(open);
  const inHead: SearchField = {
    text,
    onText: (typed) => {
      setText(typed);
      if (panel?.kind !== "search") show({ kind: "search" });
    },
    onClose: () => {
      setText("");
      close();
    },
    onDown: focusFirstResult,
  };
  return { text, inHead, headField, panelField, open, toField };
}

/** The results load with their panel, so they are looked for on the page. */
function focusFirstResult(): void {
  document.querySelector<HTMLElement>("[data-search-results] button")?.focus();
}
