// A group's life beyond its object: idle, archived, gone. Each step may be cut short anywhere and is taken again.
//
//   idle 10 min ─▶ snapshot    idle 7 days, or asked ─▶ archived ─▶ tables wiped ─▶ next visit ─▶ thawed
import type { Access } from "@acos/group";
import {
  IDLE_ARCHIVE_MS,
  IDLE_SNAPSHOT_MS,
  problem,
  ProblemError,
  type Problem,
  type Result,
} from "@acos/protocol";

import type { OpenGroup } from "./open-group.ts";

/** What clients of an archived group are told: they do not come back by themselves, or nothing would stay archived. */
const ARCHIVED = problem("gone", "This group was archived. Open it again to bring it back.");

const UNTOLD = problem(
  "unavailable",
  "The organization's audit log does not answer, and has to be told first. Archive the group again in a moment.",
);

/** What an object needs of its platform to let go of a group. */
export interface LifeRim {
  readonly context: Pick<DurableObjectState, "blockConcurrencyWhile" | "storage">;
  /** Contract: from now on no request finds the group here. */
  readonly close: () => void;
}

/**
 * Moves a group to R2 and wipes the object. Nothing else happens in the object meanwhile. A refusal, or R2 that fails,
 * leaves the group as it was. `by` is `itself` for an idle group's own alarm.
 */
export async function archiveGroup(
  group: OpenGroup,
  by: Access["member"] | "itself",
  rim: LifeRim,
): Promise<Result<{ seq: number }>> {
  const failure = await putSandboxesAway(group);
  if (failure) return { ok: false, problem: failure };
  await group.audit.tell();
  if (group.audit.isOwing) return { ok: false, problem: UNTOLD };
  return alone(group, rim, () => freezeAndWipe(group, by, rim));
}

/** Workspaces lie in cold storage before their group does. Whose agents are at work is not archived anyway. */
async function putSandboxesAway({ path, sandboxes }: OpenGroup): Promise<Problem | null> {
  if (path.state.runs.size > 0) return null;
  try {
    await sandboxes.keeper.putAway();
    return null;
  } catch (error) {
    return problemOf(error);
  }
}

/**
 * Does something while nothing else happens in the object. What was under way comes to its end first: answers of R2 to what
 * began before are held back meanwhile, and whoever waited for them in there would wait for ever.
 */
async function alone<T>(
  { archivist }: OpenGroup,
  { context }: LifeRim,
  act: () => Promise<T>,
): Promise<T> {
  while (archivist.isWorking) await archivist.rest();
  return context.blockConcurrencyWhile(act);
}

async function freezeAndWipe(
  group: OpenGroup,
  by: Access["member"] | "itself",
  rim: LifeRim,
): Promise<Result<{ seq: number }>> {
  const { path, archivist } = group;
  const before = path.state.head;
  const written = path.write({ kind: "archive", by: by === "itself" ? null : by });
  if (!written.ok) return written;
  // An idle group that turns out to be at work stays as it is.
  if (path.state.head === before) return { ok: true, value: { seq: before } };
  const job = archivist.jobs.begin("archive", "freeze", path.state.head);
  archivist.notes.set("archived", { lost: 0 });
  try {
    await putAway(group, rim);
    return { ok: true, value: { seq: written.seq } };
  } catch (error) {
    const why = problemOf(error);
    archivist.jobs.end(job, why);
    group.visited(null);
    return { ok: false, problem: why };
  }
}

/**
 * Puts an archived group away: one whose archiving was cut short, or that was brought back for a moment and visited by
 * nobody. Where R2 fails it stays, and is tried again.
 */
async function putAwayAgain(group: OpenGroup, rim: LifeRim): Promise<void> {
  try {
    if (await putSandboxesAway(group)) throw new RangeError("a sandbox could not be put away");
    await alone(group, rim, async () => {
      // Somebody may have come while it was waited for: it is nobody's to put away then.
      if (group.archivist.notes.get("archived")) await putAway(group, rim);
    });
  } catch {
    group.watch.wakeBy(group.now() + IDLE_SNAPSHOT_MS);
  }
}

async function putAway(group: OpenGroup, { context, close }: LifeRim): Promise<void> {
  await group.archivist.freeze();
  await group.announceArchived(true);
  group.stop();
  group.sockets.close(ARCHIVED);
  group.sandboxes.terminals.close(ARCHIVED);
  close();
  await context.storage.deleteAlarm();
  await context.storage.deleteAll();
}

/** What an alarm does for a group at rest: a snapshot after some minutes, the archive after some days. Sets the next alarm. */
export async function careForIdle(group: OpenGroup, rim: LifeRim): Promise<void> {
  const { archivist, path, watch, sockets, sandboxes } = group;
  if (archivist.notes.get("archived")) return putAwayAgain(group, rim);
  if (archivist.isFlushDue()) await archivist.flush();
  const idleMs = group.now() - group.lastAt();
  if (idleMs >= IDLE_SNAPSHOT_MS && archivist.isSnapshotDue()) await archivist.snapshot();
  const isAtRest = sockets.size === 0 && path.state.runs.size === 0 && !sandboxes.keeper.isWorking;
  if (idleMs >= IDLE_ARCHIVE_MS && isAtRest) {
    const archived = await archiveGroup(group, "itself", rim);
    if (archived.ok) return;
  }
  const waitMs = archivist.isSnapshotDue() ? IDLE_SNAPSHOT_MS : IDLE_ARCHIVE_MS;
  watch.wakeBy(Math.max(group.lastAt() + waitMs, group.now() + IDLE_SNAPSHOT_MS));
}

export function problemOf(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem;
  return problem("unavailable", "Cold storage does not answer. Try again in a moment.");
}
