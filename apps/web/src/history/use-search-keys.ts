// The keys that lead to the search of a group: Ctrl or ⌘ with K from anywhere, / where nothing is being written.
import { useEffect } from "react";

/** Calls `onSearch` for these keys while the page is shown. */
export function useSearchKeys(onSearch: () => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const { key, ctrlKey, metaKey, altKey, target } = event;
      const command = (ctrlKey || metaKey) && !altKey && key.toLowerCase() === "k";
      const slash = key === "/" && !ctrlKey && !metaKey && !altKey && !isWriting(target);
      if (event.isComposing || event.defaultPrevented || !(command || slash)) return;
      event.preventDefault();
      onSearch();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [onSearch]);
}

function isWriting(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest("input, textarea, select") !== null;
}
