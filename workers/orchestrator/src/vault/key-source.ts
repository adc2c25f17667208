// Where the installation's keys come from: the deployment's secrets, or (on one machine) the launcher, which may change them
// while everything runs.
import { parseJson } from "@acos/protocol";

import type { Bindings } from "../env.ts";

/** Keys as text, just as they are kept. */
export interface KeyTexts {
  /** JSON array of private JWKs: the first signs. */
  readonly authority: string;
  /** Master keys: the first seals. */
  readonly master: string;
  /** Milliseconds since the epoch: data keys made before are replaced. */
  readonly dataKeysSince: number;
}

export interface KeySource {
  /** Whether another reading can find something else. */
  readonly changes: boolean;
  /** Contract: rejects with the name of what is missing or wrong; never with a key. */
  read(): Promise<KeyTexts>;
}

/** A launcher that does not answer within this time is waited for no longer: the keys known so far go on serving. */
const READ_TIMEOUT_MS = 1_000;
const KEYS_URL = "https://launcher.internal/keys";

/** The source of this deployment: the binding KEYS where there is one, else the variables. */
export function keySourceOf(bindings: Bindings): KeySource {
  const { KEYS } = bindings;
  if (KEYS) return { changes: true, read: () => readFromLauncher(KEYS) };
  return { changes: false, read: () => Promise.resolve().then(() => readVariables(bindings)) };
}

async function readFromLauncher(launcher: Fetcher): Promise<KeyTexts> {
  const signal = AbortSignal.timeout(READ_TIMEOUT_MS);
  const response = await launcher.fetch(KEYS_URL, { signal });
  if (!response.ok)
    throw new Error(`The launcher answered ${response.status} when asked for keys.`);
  const { authority, master, dataKeysSince } = (await response.json()) as Partial<KeyTexts>;
  if (typeof authority !== "string" || typeof master !== "string")
    throw new Error("The launcher answered without keys.");
  return { authority, master, dataKeysSince: dataKeysSince ?? 0 };
}

function readVariables(bindings: Bindings): KeyTexts {
  const authority = required(bindings, "CA_KEYS");
  const list: unknown = parseJson(authority, "CA_KEYS");
  if (!Array.isArray(list) || list.length === 0)
    throw new Error("CA_KEYS must be a JSON array with at least one entry.");
  return {
    authority,
    master: required(bindings, "MASTER_KEY"),
    dataKeysSince: timeOf(bindings.DATA_KEYS_SINCE?.trim() ?? ""),
  };
}

function required(bindings: Bindings, name: "CA_KEYS" | "MASTER_KEY"): string {
  const value = bindings[name]?.trim() ?? "";
  if (value === "") throw new Error(`The Orchestrator needs ${name}: set it and start again.`);
  return value;
}

function timeOf(text: string): number {
  const time = text === "" ? 0 : Date.parse(text);
  if (Number.isNaN(time))
    throw new Error("DATA_KEYS_SINCE must be a time such as 2027-01-15T08:00:00Z.");
  return time;
}
