// A message's words without what a model said to itself.
import type { Part } from "@acos/protocol";

/** The text parts, joined as a reader sees them. */
export function textOf(parts: readonly Part[]): string {
  return parts
    .filter((part) => part.type === "text")
    .map((part) => part.text)
    .join("\n\n");
}
