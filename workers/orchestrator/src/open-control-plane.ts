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

const planes = new WeakMap<object, Promise<ControlPlane>>();

/** The control plane of this isolate. Rejects with the name of a setting that is missing. */
export function controlPlaneOf(bindings: Bindings): Promise<ControlPlane> {
  let plane = planes.get(bindings);
  if (!plane) {
    plane = createControlPlane(bindings);
    planes.set(bindings, plane);
    // A failed start is tried again by the next request, so that a later fix is seen.
    plane.catch(() => planes.delete(bindings));
  }
  return plane;
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
