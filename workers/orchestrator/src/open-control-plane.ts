// Opens the control plane from the bindings: settings read, keys imported, the sign-in surface wired to the welcome.
import { Audit } from "./audit/audit.ts";
import { noteRotation } from "./audit/key-notes.ts";
import { platformClock } from "./clock.ts";
import type { ControlPlane } from "./control-plane.ts";
import { letGo } from "./departures.ts";
import { endSockets } from "./endings.ts";
import { readSettings, type Bindings } from "./env.ts";
import { RequestLimits } from "./limits/request-limits.ts";
import { OutboxWatch } from "./outbox-watch.ts";
import { AccessCache } from "./sign-in/access-cache.ts";
import { createSignIn } from "./sign-in/sign-in.ts";
import { openDatabase } from "./store/database.ts";
import { CareWatch } from "./vault/care-watch.ts";
import { keySourceOf } from "./vault/key-source.ts";
import { LiveKeys } from "./vault/live-keys.ts";
import { Vault } from "./vault/vault.ts";
import { welcomeUser } from "./welcome.ts";

interface Opened {
  readonly plane: ControlPlane;
  readonly keys: LiveKeys;
}

const opened = new WeakMap<object, Opened>();

/**
 * The control plane of this isolate. Rejects with the name of a setting that is missing. Requests that come before the
 * first one is open each open one, and the first to finish is kept: a promise of one request must not be waited for by
 * others, because it never settles when that request's client has gone.
 */
export async function controlPlaneOf(bindings: Bindings): Promise<ControlPlane> {
  return refreshed(await openedOf(bindings), "due");
}

/** Has the keys read again at once, here; other isolates follow within KEYS_REREAD_MS. */
export async function rereadKeys(bindings: Bindings): Promise<ControlPlane> {
  return refreshed(await openedOf(bindings), "now");
}

async function refreshed({ plane, keys }: Opened, when: "due" | "now"): Promise<ControlPlane> {
  const before = keys.current;
  await keys.refresh(plane.clock.now(), when);
  noteRotation(plane.audit, before, keys.current);
  return plane;
}

async function openedOf(bindings: Bindings): Promise<Opened> {
  const known = opened.get(bindings);
  if (known) return known;
  const made = await createControlPlane(bindings);
  const first = opened.get(bindings) ?? made;
  opened.set(bindings, first);
  return first;
}

async function createControlPlane(bindings: Bindings): Promise<Opened> {
  const settings = readSettings(bindings);
  const db = openDatabase(bindings.DB);
  const access = new AccessCache();
  const clock = platformClock;
  const keys = await LiveKeys.open(keySourceOf(bindings), clock.now());
  const vault = new Vault({ db, clock, masterKeys: () => keys.current.master });
  const audit = new Audit({ db, clock, vault });
  const signIn = createSignIn({
    settings,
    db,
    clock,
    forget: (user) => access.forget(user, clock.now()),
    welcome: (user) => welcomeUser(plane, user),
    ended: (session) => endSockets(plane, session),
    left: (membership) => letGo(plane, membership),
    noteEnd: (user, kind) => audit.noteUser(user, { kind }),
  });
  // The library opens itself by a promise of its own: it is over before the plane is kept, for the same reason as above.
  await signIn.$context;
  const plane: ControlPlane = {
    settings,
    clock,
    db,
    access,
    audit,
    signIn,
    outbox: new OutboxWatch(),
    care: new CareWatch(keys.current, clock.now()),
    limits: new RequestLimits({
      settings: settings.limits,
      embedded: settings.embedded,
      now: () => clock.now(),
    }),
    cache: bindings.AGENT_CACHE,
    groups: bindings.GROUPS,
    get keys() {
      return keys.current;
    },
    vault,
  };
  return { plane, keys };
}
