// The socket's frames as text, and what its close codes mean for us.
import type { ClientFrame, ErrorCode, GroupFrame, Problem } from "@acos/protocol";

/** What a group takes as one frame (FRAME_MAX_BYTES of the protocol). */
export const FRAME_LIMIT_BYTES = 64 * 1024;

export function clientFrame(frame: ClientFrame): string {
  return JSON.stringify(frame);
}

/** Reads a frame; undefined for what is not one. The group is trusted: fields are not checked again. */
export function readFrame(data: unknown): GroupFrame | undefined {
  if (typeof data !== "string") return undefined;
  try {
    const frame: unknown = JSON.parse(data);
    return typeof frame === "object" && frame !== null && "type" in frame
      ? (frame as GroupFrame)
      : undefined;
  } catch {
    // Not JSON: nothing a group sends. The hole it may leave is found by its seq.
    return undefined;
  }
}

// Close codes are 4000 + HTTP status. 401 is not among these: tokens are short-lived, the next one is asked for with
// the caller's credentials, and that answer decides.
const FATAL: Readonly<Record<number, { code: ErrorCode; message: string }>> = {
  4400: {
    code: "invalid_request",
    message: "The group does not understand this client. Reload it.",
  },
  4403: { code: "forbidden", message: "You may not be in this group any more." },
  4404: { code: "not_found", message: "There is no such group, or you are not in it." },
  4410: { code: "gone", message: "This group was deleted." },
};

/** The problem behind a close that trying again cannot mend; undefined for all the others. */
export function fatalClose(code: number, reason: string): Problem | undefined {
  const known = FATAL[code];
  if (!known) return undefined;
  return /^[a-z_]+$/.test(reason) ? { ...known, code: reason as ErrorCode } : known;
}
