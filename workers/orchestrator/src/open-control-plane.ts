// Opens the control plane from the bindings: settings read, keys imported, the sign-in surface wired to the welcome.
import { importSigningKey, KeyRing, publicJwks } from "@acos/trust";

import { platformClock } from "./clock.ts";
import type { ControlPlane, PlaneKeys } from "./control-plane.ts";
import { readSettings, type Bindings, type Settings } from "./env.ts";
import { OutboxWatch } from "./outbox-watch.ts";
import { AccessCache } from "./sign-in/access-cache.ts";
import { createSignIn } from "./sign-in/sign-in.ts";
import { openDatabase } from "./store/database.ts";
import { welcomeUser } from "./welcome.ts";

const planes = new WeakMap<object, ControlPlane>();

/**
 * The control plane of this isolate. Rejects with the name of a setting that is missing. Requests that come before the
 * first one is open each open one, and the first to finish is kept: a promise of one request must not be waited for by
 * others, because it never settles when that request's client has gone.
 */
export async function controlPlaneOf(bindings: Bindings): Promise<ControlPlane> {
  const known = planes.get(bindings);
  if (known) return known;
  const made = await createControlPlane(bindings);
  const first = planes.get(bindings) ?? made;
  planes.set(bindings, first);
  return first;
}

async function createControlPlane(bindings: Bindings): Promise<ControlPlane> {
  const settings = readSettings(bindings);
  const db = openDatabase(bindings.DB);
  const access = new AccessCache();
  const clock = platformClock;
  const signIn = createSignIn({
    settings,
    db,
    clock,
    forget: (user) => access.forget(user, clock.now()),
    welcome: (user) => welcomeUser(plane, user),
  });
  // The library opens itself by a promise of its own: it is over before the plane is kept, for the same reason as above.
  await signIn.$context;
  const plane: ControlPlane = {
    settings,
    clock,
    db,
    access,
    signIn,
    outbox: new OutboxWatch(),
    cache: bindings.AGENT_CACHE,
    groups: bindings.GROUPS,
    keys: await readKeys(settings),
  };
  return plane;
}

async function readKeys({ caKeys }: Settings): Promise<PlaneKeys> {
  const jwks = await publicJwks(caKeys);
  const signing = await importSigningKey(caKeys[0] ?? {});
  return { signing, jwks, ring: await KeyRing.fromJwks(jwks) };
}
