// Everything a request handler works with; open-control-plane.ts makes it once per isolate.
import type { Audit } from "./audit/audit.ts";
import type { Clock } from "./clock.ts";
import type { Settings } from "./env.ts";
import type { RequestLimits } from "./limits/request-limits.ts";
import type { OutboxWatch } from "./outbox-watch.ts";
import type { AccessCache } from "./sign-in/access-cache.ts";
import type { SignIn } from "./sign-in/sign-in.ts";
import type { Database } from "./store/database.ts";
import type { CareWatch } from "./vault/care-watch.ts";
import type { PlaneKeys } from "./vault/live-keys.ts";
import type { Vault } from "./vault/vault.ts";

export interface ControlPlane {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly db: Database;
  readonly cache: KVNamespace;
  readonly groups: DurableObjectNamespace;
  /** Those at work now: never kept beyond the step that uses them. */
  readonly keys: PlaneKeys;
  readonly vault: Vault;
  readonly care: CareWatch;
  readonly access: AccessCache;
  readonly signIn: SignIn;
  readonly outbox: OutboxWatch;
  readonly limits: RequestLimits;
  readonly audit: Audit;
}
