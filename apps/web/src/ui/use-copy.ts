// Copying to the clipboard, with a moment in which it says so.
import { useCallback, useEffect, useState } from "react";

/** Long enough to be read, short enough not to be in the way. */
const SAID_FOR_MS = 1_500;

/** Whether something was copied just now, and how to copy. A refusing browser leaves it unsaid. */
export function useCopy(): readonly [copied: boolean, copy: (text: string) => void] {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return undefined;
    const timer = setTimeout(() => setCopied(false), SAID_FOR_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = useCallback((text: string) => {
    const write = async (): Promise<void> => {
      await navigator.clipboard.writeText(text);
      setCopied(true);
    };
    write().catch(() => undefined);
  }, []);
  return [copied, copy];
}
