// Everything a request handler works with; open-control-plane.ts makes it once per isolate.
import type { Jwks, KeyRing, SigningKey } from "@acos/trust";

import type { Clock } from "./clock.ts";
import type { Settings } from "./env.ts";
import type { OutboxWatch } from "./outbox-watch.ts";
import type { AccessCache } from "./sign-in/access-cache.ts";
import type { SignIn } from "./sign-in/sign-in.ts";
import type { Database } from "./store/database.ts";

/** Signing key and the ring that believes it; the first key signs, all of them are believed. */
export interface PlaneKeys {
  readonly signing: SigningKey;
  readonly ring: KeyRing;
  readonly jwks: Jwks;
}

export interface ControlPlane {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly db: Database;
  readonly cache: KVNamespace;
  readonly groups: DurableObjectNamespace;
  readonly keys: PlaneKeys;
  readonly access: AccessCache;
  readonly signIn: SignIn;
  readonly outbox: OutboxWatch;
}
