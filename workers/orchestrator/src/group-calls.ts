// Calls to a group's Durable Object: one place that names the object, tries again and turns a refusal into a ProblemError.
import {
  problem,
  ProblemError,
  type GroupControl,
  type GroupId,
  type Principal,
  type Result,
} from "@acos/protocol";

import type { Caller } from "./sign-in/caller.ts";
import { logError, logWarning } from "./log.ts";

/** A group's remote face: its methods, and `fetch` for the socket's upgrade. */
export type GroupStub = GroupControl & Pick<Fetcher, "fetch">;

/** The object of one group; it exists from the first call on, whether or not the group does. */
export function groupStub(namespace: DurableObjectNamespace, group: GroupId): GroupStub {
  return namespace.get(namespace.idFromName(group)) as unknown as GroupStub;
}

/** What the group is told about the caller: who, and which orgs; never the session. */
export function principalOf({ user, name, orgs }: Caller): Principal {
  return { user, name, orgs: orgs.map(({ id, role }) => ({ id, role })) };
}

/** An object that is being moved or restarted answers the second time. */
const ATTEMPTS = 2;

interface GroupAddress {
  readonly namespace: DurableObjectNamespace;
  readonly group: GroupId;
  /** How often it is asked at most; once where what is sent along can be read once. */
  readonly attempts?: number;
}

/**
 * Asks a group. Throws ProblemError with the group's refusal, or `unavailable` when it did not answer twice.
 * `ask` may run twice: every GroupControl method may be repeated, unless a stream goes with it.
 */
export async function askGroup<T>(
  at: GroupAddress,
  ask: (stub: GroupStub) => Promise<Result<T>>,
): Promise<T> {
  const result = await tryGroup(at, ask);
  if (result.ok) return result.value;
  throw new ProblemError(result.problem);
}

/** Same as askGroup, with the refusal as a value. */
export async function tryGroup<T>(
  { namespace, group, attempts = ATTEMPTS }: GroupAddress,
  ask: (stub: GroupStub) => Promise<Result<T>>,
): Promise<Result<T>> {
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    try {
      return await ask(groupStub(namespace, group));
    } catch (error) {
      logError("a group did not answer", error, { group, attempt });
    }
  }
  const words = "The group did not answer. Send the request again in a moment.";
  return { ok: false, problem: problem("unavailable", words, { retryAfterMs: 1000 }) };
}

/** Groups told at the same time: the platform allows six open connections, local calls are not counted as such. */
const PARALLEL = 10;

/** Does something about many groups, some at the same time, and resolves when all is done. Rejects with the first failure. */
export async function inParallel<T>(
  items: readonly T[],
  act: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  const work = async (): Promise<void> => {
    for (const item of queue) await act(item);
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL, items.length) }, work));
}

/**
 * Tells many groups something and answers those that have heard it, in no order; a group that is gone has nothing left to
 * hear. The others are named in the log. `tell` may run twice.
 */
export async function tellEach<T extends { readonly group: GroupId }>(
  namespace: DurableObjectNamespace,
  items: readonly T[],
  tell: (stub: GroupStub, item: T) => Promise<Result<unknown>>,
): Promise<readonly T[]> {
  const told: T[] = [];
  await inParallel(items, async (item) => {
    const { group } = item;
    const heard = await tryGroup({ namespace, group }, (stub) => tell(stub, item));
    if (heard.ok || heard.problem.code === "not_found") told.push(item);
    else logWarning("a group was not told of an end", { group, code: heard.problem.code });
  });
  return told;
}
