// The part of the old Reflect metadata proposal that the certificate library asks for when it is loaded, and no more.

type Keyed = Map<unknown, unknown>;
const kept = new WeakMap<object, Map<unknown, Keyed>>();

function own(key: unknown, target: object, property?: unknown): unknown {
  return kept.get(target)?.get(property)?.get(key);
}

function define(key: unknown, value: unknown, target: object, property?: unknown): void {
  const properties = kept.get(target) ?? new Map<unknown, Keyed>();
  const values = properties.get(property) ?? new Map<unknown, unknown>();
  kept.set(target, properties.set(property, values.set(key, value)));
}

function inherited(key: unknown, target: object, property?: unknown): unknown {
  for (
    let at: object | null = target;
    at !== null;
    at = Object.getPrototypeOf(at) as object | null
  ) {
    const value = own(key, at, property);
    if (value !== undefined) return value;
  }
  return undefined;
}

const PARTS = { getOwnMetadata: own, getMetadata: inherited, defineMetadata: define };
for (const [name, value] of Object.entries(PARTS))
  if (!(name in Reflect)) Object.defineProperty(Reflect, name, { value, configurable: true });
