// The installation's master keys: the deployment's secret, or (on one machine) the launcher's, which may change while we run.
import { problem, ProblemError } from "@acos/protocol";
import { parseMasterKeys, type MasterKeys } from "@acos/trust";

import type { MasterKeyParts, RecordSource } from "../env.ts";

const KEYS_URL = "https://launcher.internal/keys";
/** A record under an unknown master key makes us look again, but not more often than this. */
const REREAD_PAUSE_MS = 1_000;

export class MasterKeySource {
  readonly #parts: MasterKeyParts;
  #keys: MasterKeys | undefined;
  #readAtMs = -Infinity;

  constructor(parts: MasterKeyParts) {
    this.#parts = parts;
  }

  /** The keys known so far, read when there are none yet. Throws ProblemError `provider_refused` where none are set. */
  async keys(nowMs: number): Promise<MasterKeys> {
    return this.#keys ?? this.#read(nowMs);
  }

  /** Keys that are newer than those that did not fit; undefined when there are none, or it is too soon to look again. */
  async newer(than: MasterKeys, nowMs: number): Promise<MasterKeys | undefined> {
    if (this.#keys && this.#keys !== than) return this.#keys;
    if (!this.#parts.launcher || nowMs - this.#readAtMs < REREAD_PAUSE_MS) return undefined;
    return this.#read(nowMs);
  }

  async #read(nowMs: number): Promise<MasterKeys> {
    this.#readAtMs = nowMs;
    const { text, launcher } = this.#parts;
    const found = launcher ? await readFrom(launcher) : text;
    if (found === undefined)
      throw new ProblemError(
        problem(
          "provider_refused",
          "Sealed keys cannot be opened: the Agents Worker has no MASTER_KEY.",
        ),
      );
    this.#keys = await parseMasterKeys(found);
    return this.#keys;
  }
}

async function readFrom(launcher: RecordSource): Promise<string | undefined> {
  const response = await launcher.fetch(KEYS_URL).catch(() => undefined);
  const said = response?.ok ? ((await response.json()) as { readonly master?: string }) : {};
  return said.master;
}
