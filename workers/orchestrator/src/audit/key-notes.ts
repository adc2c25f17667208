// What the audit log says of the installation's own keys: that others are at work now, by name.
import type { PlaneKeys } from "../vault/live-keys.ts";
import { INSTALLATION_CHAIN, type Audit } from "./audit.ts";

/** Records a rotation where another reading of the keys found others than before. */
export function noteRotation(audit: Audit, before: PlaneKeys, now: PlaneKeys): void {
  if (before === now) return;
  const details = namesOf(now);
  if (JSON.stringify(details) === JSON.stringify(namesOf(before))) return;
  const note = { kind: "keys-rotated", actor: INSTALLATION_CHAIN, details } as const;
  audit.noteLater(note, async () => ({ chains: [INSTALLATION_CHAIN] }));
}

function namesOf({ signing, master, dataKeysSince }: PlaneKeys) {
  return { signing: signing.keyId, sealing: master[0].id, dataKeysSince };
}
