// Exchanging a key while everything runs. The order is the promise: what must open is known everywhere before anything is sealed
// or signed with it, and what is taken away is needed by nothing any more.
//
//   ca      file: next signs, fresh next, old believed until its last token has ended ─▶ looked at within 2 s
//   master  file: new, old ─▶ every data key rewrapped, twice ─▶ file: new alone
//   data    file: from now on ─▶ new data keys, secrets move to them
import type { CareReport } from "@acos/protocol";

import type { KeyFiles } from "./key-files.ts";

export const ROTATIONS = ["ca", "master", "data"] as const;
export type Rotation = (typeof ROTATIONS)[number];

export interface RotationRim {
  readonly files: KeyFiles;
  /** Contract: has the Orchestrator read its keys again and care for what is sealed; rejects when it cannot be reached. */
  readonly care: () => Promise<CareReport>;
  readonly now: () => number;
  readonly wait: (ms: number) => Promise<void>;
}

/** Longer than the Workers take to look at their keys again (KEYS_REREAD_MS of the Orchestrator). */
const KNOWN_EVERYWHERE_MS = 3_000;
/** Calls of care without any progress before a rotation is given up with words. */
const IDLE_CARES_MAX = 5;

/** An exchange that could not be finished; its text says what stands now. */
export class RotationError extends Error {
  override readonly name = "RotationError";
}

/** Exchanges one kind of key and says in one sentence what is so now. Throws RotationError; nothing is lost then. */
export function rotate(kind: Rotation, rim: RotationRim): Promise<string> {
  return HOW[kind](rim);
}

const HOW: Readonly<Record<Rotation, (rim: RotationRim) => Promise<string>>> = {
  async ca({ files, care, now }) {
    const { parseAuthorityKeys, rotateAuthorityKeys } = await import("@acos/trust");
    const keys = await rotateAuthorityKeys(parseAuthorityKeys(files.read().authority), now());
    files.write("authority", JSON.stringify(keys));
    const { signing } = await care();
    const ends = keys.flatMap(({ notAfter }) => notAfter ?? []);
    const until = new Date(Math.max(...ends)).toISOString();
    return `The CA key ${signing} signs now. What the one before signed is believed until ${until}.`;
  },
  async master({ files, care, wait }) {
    const { generateMasterKey } = await import("@acos/trust");
    files.write("master", `${generateMasterKey()}\n${files.read().master}`);
    const first = await careUntilDone(care);
    // Somebody who did not know the new key yet may have sealed with the old one meanwhile.
    await wait(KNOWN_EVERYWHERE_MS);
    const { kek, rewrapped } = await careUntilDone(care);
    files.write("master", files.read().master.split("\n")[0] ?? "");
    await care();
    return `The master key ${kek} seals now; ${first.rewrapped + rewrapped} data keys were rewrapped. The one before is of no more use.`;
  },
  async data({ files, care, now, wait }) {
    files.write("dataKeysSince", String(now()));
    const first = await careUntilDone(care);
    await wait(KNOWN_EVERYWHERE_MS);
    const { resealed } = await careUntilDone(care);
    return `${first.renewed} data keys were replaced, ${first.resealed + resealed} secrets sealed under the new ones.`;
  },
};

/** Calls for care until nothing is left, and sums up. Throws RotationError when what is left cannot be done. */
async function careUntilDone(care: RotationRim["care"]): Promise<CareReport> {
  let [rewrapped, renewed, resealed] = [0, 0, 0];
  for (let idle = 0; idle < IDLE_CARES_MAX;) {
    const report = await care();
    const done = report.moved + report.rewrapped + report.renewed + report.resealed;
    rewrapped += report.rewrapped;
    renewed += report.renewed;
    resealed += report.resealed;
    if (report.left === 0) return { ...report, rewrapped, renewed, resealed };
    idle = done === 0 ? idle + 1 : 0;
  }
  throw new RotationError(
    "Some sealed records do not open with the keys that are there, and were left as they are; the earlier key stays. The log names the reason.",
  );
}
