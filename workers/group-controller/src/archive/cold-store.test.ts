// Tests of the store against buckets that lie: what they lost, changed or never kept is found out by its hash.
import { ProblemError, type ErrorCode } from "@acos/protocol";
import { describe, expect, it } from "vitest";

import { ColdStore, type Bucket } from "./cold-store.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A bucket in memory; `spoil` is what becomes of bytes on their way in, null where they are lost. */
function bucketOf(kept: Map<string, Bytes>, spoil: (bytes: Bytes) => Bytes | null): Bucket {
  const body = (bytes: Bytes) => ({
    arrayBuffer: async () => bytes.slice().buffer,
    text: async () => new TextDecoder().decode(bytes),
  });
  const bucket = {
    put: async (key: string, value: Bytes | string) => {
      const bytes = spoil(typeof value === "string" ? encoded(value) : value);
      if (bytes) kept.set(key, bytes);
      return {};
    },
    get: async (key: string) => {
      const bytes = kept.get(key);
      return bytes ? body(bytes) : null;
    },
    list: async () => ({ objects: [...kept.keys()].map((key) => ({ key })), truncated: false }),
    delete: async (keys: string[]) => {
      for (const key of keys) kept.delete(key);
    },
  };
  return bucket as unknown as Bucket;
}

const codeOf = (done: Promise<unknown>): Promise<ErrorCode | "fine"> =>
  done.then(
    () => "fine" as const,
    (error: unknown) =>
      error instanceof ProblemError ? error.problem.code : Promise.reject(error),
  );

const encoded = (text: string): Bytes => Uint8Array.from(new TextEncoder().encode(text));
const BYTES = encoded("what was said");
const flipped = (bytes: Bytes) => bytes.with(3, bytes[3]! ^ 1);

function storeOf(spoil: (bytes: Bytes) => Bytes | null = (bytes) => bytes) {
  const kept = new Map<string, Bytes>();
  return { kept, store: new ColdStore(bucketOf(kept, spoil), "object") };
}

describe("a kept object", () => {
  it("[H1] is not kept before it was read back and found the same", async () => {
    expect(await codeOf(storeOf().store.keep("stem", BYTES))).toBe("fine");
    for (const spoil of [() => null, flipped, (bytes: Bytes) => bytes.slice(1)])
      expect(await codeOf(storeOf(spoil).store.keep("stem", BYTES))).toBe("unavailable");
  });

  it("[H11] that was changed or lost afterwards is refused when it is read", async () => {
    const { kept, store } = storeOf();
    const name = await store.keep("stem", BYTES);
    expect(await store.read(name)).toEqual(BYTES);
    const [key = ""] = [...kept.keys()];
    kept.set(key, flipped(BYTES));
    expect(await codeOf(store.read(name))).toBe("storage_damaged");
    kept.delete(key);
    expect(await codeOf(store.read(name))).toBe("storage_damaged");
  });
});

describe("a mark", () => {
  it("[H11] that was changed is refused; one that is missing is none", async () => {
    const { kept, store } = storeOf();
    expect(await store.marked("newest")).toBeNull();
    await store.mark("newest", '{"generation":2}');
    expect(await store.marked("newest")).toBe('{"generation":2}');
    const [[key, bytes] = ["", BYTES]] = [...kept];
    kept.set(key, bytes.with(bytes.length - 2, bytes.at(-2)! ^ 1));
    expect(await codeOf(store.marked("newest"))).toBe("storage_damaged");
  });
});

describe("a store that is emptied for good", () => {
  it("[H9] drops also what is on its way, and keeps nothing after that", async () => {
    const kept = new Map<string, Bytes>();
    const fast = bucketOf(kept, (bytes) => bytes);
    let arrive = (): void => {};
    const arrived = new Promise<void>((resolve) => (arrive = resolve));
    const put: Bucket["put"] = async (...given: Parameters<Bucket["put"]>) => {
      await arrived;
      return fast.put(...given);
    };
    const store = new ColdStore({ ...fast, put }, "object");
    const [marked, keeping] = [codeOf(store.mark("newest", "{}")), codeOf(store.keep("a", BYTES))];
    await new Promise((resolve) => setTimeout(resolve, 10));
    store.close();
    const dropped = store.dropAll();
    arrive();
    await dropped;
    expect(await marked).toBe("fine");
    await keeping;
    expect([...kept]).toEqual([]);
    for (const late of [store.mark("newest", "{}"), store.keep("b", BYTES)])
      expect(await codeOf(late)).toBe("gone");
    expect([...kept]).toEqual([]);
  });
});
