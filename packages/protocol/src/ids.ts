// Branded ids: a kind's prefix and 26 characters of Crockford base32, 48 bits of time first, so that ids sort by age.
import * as z from "zod";

export const ID_PREFIXES = {
  org: "org",
  user: "usr",
  member: "mbr",
  group: "grp",
  agent: "agt",
  run: "run",
  briefing: "brf",
  message: "msg",
  toolCall: "tcl",
  approval: "apr",
  summary: "smy",
  job: "job",
  sandbox: "sbx",
  checkpoint: "chk",
  connection: "cnn",
  apiKey: "key",
  request: "req",
} as const;

export type IdKind = keyof typeof ID_PREFIXES;
type IdOf<K extends IdKind> = `${(typeof ID_PREFIXES)[K]}_${string}` & z.$brand<K>;

export type OrgId = IdOf<"org">;
export type UserId = IdOf<"user">;
export type MemberId = IdOf<"member">;
export type GroupId = IdOf<"group">;
export type AgentId = IdOf<"agent">;
export type RunId = IdOf<"run">;
export type BriefingId = IdOf<"briefing">;
export type MessageId = IdOf<"message">;
export type ToolCallId = IdOf<"toolCall">;
export type ApprovalId = IdOf<"approval">;
export type SummaryId = IdOf<"summary">;
export type JobId = IdOf<"job">;
export type SandboxId = IdOf<"sandbox">;
export type CheckpointId = IdOf<"checkpoint">;
export type ConnectionId = IdOf<"connection">;

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const TIME_CHARS = 10;
const BODY = "[0-9a-hjkmnp-tv-z]{26}";

/** Schema of one kind of id; it proves the form, never that the thing exists. */
export function idSchema<K extends IdKind>(kind: K): z.ZodType<IdOf<K>> {
  const pattern = new RegExp(`^${ID_PREFIXES[kind]}_${BODY}$`);
  const form = `${ID_PREFIXES[kind]}_ and 26 characters`;
  return z.string().regex(pattern, `must look like ${form}`) as unknown as z.ZodType<IdOf<K>>;
}

/**
 * Makes an id from a time (ms since the epoch) and 10 random bytes. Same input, same id: uniqueness is the caller's
 * randomness. Throws RangeError when fewer than 10 bytes are given.
 */
export function makeId<K extends IdKind>(kind: K, at: number, random: Uint8Array): IdOf<K> {
  if (random.length < 10) throw new RangeError("an id needs 10 random bytes");
  let time = "";
  for (let rest = Math.floor(at), place = 0; place < TIME_CHARS; place += 1) {
    time = ALPHABET.charAt(rest % 32) + time;
    rest = Math.floor(rest / 32);
  }
  return `${ID_PREFIXES[kind]}_${time}${base32(random)}` as IdOf<K>;
}

/** Milliseconds since the epoch at which an id was made, which its first ten characters say. The id must be well-formed. */
export function timeIn(id: string): number {
  const from = id.indexOf("_") + 1;
  const digits = Array.from(id.slice(from, from + TIME_CHARS));
  return digits.reduce((time, digit) => time * 32 + ALPHABET.indexOf(digit), 0);
}

function base32(random: Uint8Array): string {
  let text = "";
  let bits = 0;
  let held = 0;
  for (const byte of random.subarray(0, 10)) {
    held = (held << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) text += ALPHABET.charAt((held >> (bits - 5)) & 31);
    held &= (1 << bits) - 1;
  }
  return text;
}

/** Tells whether a string has the form of one kind of id. */
export function isId<K extends IdKind>(kind: K, value: string): value is IdOf<K> {
  return new RegExp(`^${ID_PREFIXES[kind]}_${BODY}$`).test(value);
}
