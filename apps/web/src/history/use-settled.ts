// A value that is taken over once it has rested: what is typed is not asked for letter by letter.
import { useEffect, useState } from "react";

/** The value as it was when it last stayed the same for this long. */
export function useSettled<T>(value: T, restMs: number): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), restMs);
    return () => clearTimeout(timer);
  }, [value, restMs]);
  return settled;
}
