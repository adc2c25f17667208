// What the launcher tells the host at its start, in one variable.
import type { DayShares } from "./day-meter.ts";

/** Name of that variable; taken out of the environment once it is read. */
export const CONFIG_VARIABLE = "ACOS_SANDBOX_HOST";

export interface HostConfig {
  /** On loopback; 0 takes a free one. */
  readonly port: number;
  /** What header `acos-inner-secret` must say. */
  readonly secret: string;
  readonly folder: string;
  /** Path of the agent's program. */
  readonly agent: string;
  /** URL of the Orchestrator's public keys. */
  readonly jwks: string;
  /** Where secrets for connections out are asked for; null where there are none. */
  readonly reveal: { readonly url: string; readonly secret: string } | null;
  /** The operator's own allowance for private addresses, as text. */
  readonly allow: string;
  /** Sandboxes that are kept started for the next one who needs a new one. */
  readonly pool: number;
  /** Sandboxes at a time. */
  readonly maxRunning: number;
  /** What the sandboxes of one group may use together in a day. */
  readonly dayShares: DayShares;
}

/** Reads the configuration. Throws with words that name the field, never a value. */
export function parseConfig(text: string | undefined): HostConfig {
  if (text === undefined) throw new Error(`${CONFIG_VARIABLE} is not set; the launcher sets it.`);
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null) throw wrong("the whole");
  const fields = value as Readonly<Record<string, unknown>>;
  return {
    port: count(fields, "port"),
    secret: words(fields, "secret"),
    folder: words(fields, "folder"),
    agent: words(fields, "agent"),
    jwks: words(fields, "jwks"),
    reveal: revealIn(fields["reveal"] ?? null),
    allow: typeof fields["allow"] === "string" ? fields["allow"] : "",
    pool: count(fields, "pool"),
    maxRunning: count(fields, "maxRunning"),
    dayShares: sharesIn(fields["dayShares"] ?? {}),
  };
}

function revealIn(value: unknown): HostConfig["reveal"] {
  if (value === null) return null;
  const fields = value as Readonly<Record<string, unknown>>;
  return { url: words(fields, "url"), secret: words(fields, "secret") };
}

function sharesIn(value: unknown): DayShares {
  const fields = value as Readonly<Record<string, unknown>>;
  const share = (name: keyof DayShares) =>
    (fields[name] ?? null) === null ? null : count(fields, name);
  return {
    cpuSeconds: share("cpuSeconds"),
    memoryGibHours: share("memoryGibHours"),
    egressMib: share("egressMib"),
  };
}

function words(fields: Readonly<Record<string, unknown>>, name: string): string {
  const value = fields[name];
  if (typeof value !== "string" || value === "") throw wrong(name);
  return value;
}

function count(fields: Readonly<Record<string, unknown>>, name: string): number {
  const value = fields[name];
  if (typeof value !== "number" || !Number.isInteger(value) || value < 0) throw wrong(name);
  return value;
}

const wrong = (name: string): Error =>
  new Error(`${CONFIG_VARIABLE} has no valid "${name}"; start the host with acos up.`);
