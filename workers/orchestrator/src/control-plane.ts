// Everything a request handler works with, made once per isolate from the bindings.
import { importSigningKey, KeyRing, publicJwks, type Jwks, type SigningKey } from "@acos/trust";

import { platformClock, type Clock } from "./clock.ts";
import { readSettings, type Bindings, type Settings } from "./env.ts";
import { AccessCache } from "./sign-in/access-cache.ts";
import { createSignIn, type SignIn } from "./sign-in/sign-in.ts";
import { openDatabase, type Database } from "./store/database.ts";
import { welcomeUser } from "./welcome.ts";

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
}

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
