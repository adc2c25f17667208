// Copies that an object becomes: from a group of this installation, or from a bundle. One at a time, resumed at every start.
//
//   begun ─▶ page after page ─▶ done: a group of its own
//     │            └─ time is up, or the origin does not answer ─▶ alarm ─▶ goes on
//     └─ refused, damaged or given up ─▶ the step under way ends ─▶ nothing is left
import { viewGroup } from "@acos/group";
import {
  problem,
  ProblemError,
  type BundleHead,
  type GroupControl,
  type GroupCopy,
  type GroupView,
  type JobId,
  type LogEvent,
  type Problem,
  type Result,
} from "@acos/protocol";

import { Watch } from "../alarms.ts";
import { ColdStore } from "../archive/cold-store.ts";
import { JobLog } from "../archive/job-log.ts";
import { NoteStore } from "../archive/notes.ts";
import type { Bindings } from "../env.ts";
import { hasSchema, migrate } from "../log/schema.ts";
import type { OpenGroup } from "../open-group.ts";
import { readPart, type BundlePart } from "./bundle-part.ts";
import { verifyBundle } from "./bundle-verify.ts";
import { CopyingGroup, GIVEN_UP } from "./copying-group.ts";

const STAGED = "staged/bundle.tar";
/** How long a bundle waits for the copy that is made of it; then it was given up. */
const STAGED_MS = 60 * 60_000;
/** How long a copy waits before it goes on after a step, and after an origin that did not answer. */
const PAUSE_MS = { step: 10, silence: 5_000 };

const TAKEN = {
  ok: false,
  problem: problem("conflict", "There is a group here already."),
} as const;

export interface CopiesRim {
  readonly context: DurableObjectState;
  readonly bindings: Bindings;
  readonly now: () => number;
  /** Contract: opens the group that has come to be, and answers it; null where it is being deleted. */
  readonly finished: () => OpenGroup | null;
}

export class Copies {
  readonly #rim: CopiesRim;
  readonly #store: ColdStore;
  readonly #watch: Watch;
  #current: CopyingGroup | null = null;
  /** The step under way, and the forgetting: one of each, whoever asks. */
  #going: Promise<Problem | null> | null = null;
  #forgetting: Promise<void> | null = null;

  constructor(rim: CopiesRim) {
    const { context, bindings, now } = rim;
    this.#rim = rim;
    this.#store = new ColdStore(bindings.ARCHIVE, context.id.toString());
    this.#watch = new Watch(context.storage, now);
  }

  /** The copy under way. */
  get current(): CopyingGroup | null {
    return this.#current;
  }

  /** Takes up what the storage has noted of a copy, or of a bundle for one; false where there is neither. */
  resume(): boolean {
    const note = this.#notes().get("copy");
    if (!note) return this.#notes().get("bundle") !== null;
    const { context, now } = this.#rim;
    const page = (after: number): Promise<readonly LogEvent[]> =>
      note.copy.from.how === "fork"
        ? this.#pageOf(note.copy, note.copy.from.group, { after, upTo: note.upTo })
        : this.#pageOfBundle(after);
    this.#current = new CopyingGroup(
      {
        storage: context.storage,
        store: this.#store,
        origin: this.#originOf(note.copy),
        now,
        page,
      },
      note,
    );
    if (new JobLog(context.storage.sql, now).open("delete")) this.#current.giveUp();
    this.#watch.arm();
    return true;
  }

  /** Keeps an uploaded bundle, once it was found whole; what is not leaves nothing behind. */
  async stage(bundle: ReadableStream<Uint8Array>, length: number): Promise<Result<BundleHead>> {
    const { context, now } = this.#rim;
    await this.#untilForgotten();
    if (this.#isTaken() || this.#current) {
      // Who sends hears the answer only when all was read.
      await bundle.pipeTo(new WritableStream());
      return TAKEN;
    }
    try {
      await this.#store.stage(STAGED, bundle, length);
      const staged = await this.#store.staged(STAGED);
      if (!staged) throw new ProblemError(problem("unavailable", "The bundle was not kept."));
      const { parts, group, name, head, files } = await verifyBundle(staged.body, { now: now() });
      // Another may have been quicker.
      if (this.#isTaken() || this.#current) return TAKEN;
      migrate(context.storage);
      this.#notes().set("bundle", parts);
      this.#watch.wakeBy(now() + STAGED_MS);
      return { ok: true, value: { group, name, head, files } };
    } catch (error) {
      return this.#forget(error);
    }
  }

  /** Begins a copy and goes on for some seconds; the same again answers how far it is. */
  async begin(copy: GroupCopy): Promise<Result<GroupView>> {
    await this.#untilForgotten();
    if (this.#isTaken()) return this.#made(copy);
    try {
      if (!this.#current) {
        const upTo = await this.#endOf(copy);
        await this.#untilForgotten();
        // Meanwhile somebody else may have begun it, and it may even be done.
        if (this.#isTaken()) return this.#made(copy);
        if (!this.#current) this.#noteDown(copy, upTo);
      }
      const failure = await this.goOn();
      if (failure) return await this.#forget(new ProblemError(failure));
    } catch (error) {
      if (error instanceof ProblemError) return { ok: false, problem: error.problem };
      // Cold storage does not answer: what was taken in stays, and the alarm tries again.
      if (this.#current) this.#watch.arm();
      throw error;
    }
    if (this.#current) return { ok: true, value: this.#current.view() };
    return this.#isTaken() ? this.#made(copy) : { ok: false, problem: GIVEN_UP };
  }

  #noteDown(copy: GroupCopy, upTo: number): void {
    const { context, now } = this.#rim;
    migrate(context.storage);
    const jobs = new JobLog(context.storage.sql, now);
    const job: JobId = jobs.begin(copy.from.how, "events", upTo);
    this.#notes().set("copy", { copy, job, upTo });
    this.resume();
  }

  /** What the object's alarm does: goes on with a copy, gives up a bundle that nobody wants. False where there is neither. */
  async woken(): Promise<boolean> {
    this.#watch.fired();
    if (this.#current?.isGivenUp) await this.discard();
    else if (this.#current) await this.goOn();
    else if (!this.#isStaged()) return false;
    else await this.discard();
    return true;
  }

  /** Goes on with the copy for some seconds, in the step under way where there is one. Answers why it cannot be made, where that is certain. */
  goOn(): Promise<Problem | null> {
    this.#going ??= this.#goOnce().finally(() => {
      this.#going = null;
    });
    return this.#going;
  }

  async #goOnce(): Promise<Problem | null> {
    const copying = this.#current;
    if (!copying) return null;
    this.#watch.fired();
    const outcome = await copying.step();
    if (outcome.state === "failed") {
      this.#end(copying, outcome.problem);
      return outcome.problem;
    }
    if (outcome.state === "again") {
      this.#watch.wakeBy(this.#rim.now() + (outcome.problem ? PAUSE_MS.silence : PAUSE_MS.step));
      return null;
    }
    this.#current = null;
    this.#rim.finished();
    // It is a group now, whatever becomes of its bundle: what stays of that is deleted with the group.
    await this.#store.drop([STAGED]).catch(() => undefined);
    return null;
  }

  /** Gives a copy up, whose creator does not want it any more. */
  async discard(): Promise<void> {
    await this.#forget(new ProblemError(GIVEN_UP)).catch(() => {
      // Cold storage does not answer: what is left there is taken away with the next try.
      this.#watch.wakeBy(this.#rim.now() + PAUSE_MS.silence);
    });
  }

  /** A copy that failed by itself stays visible to its creator with the reason, until it is given up. */
  #end(copying: CopyingGroup, why: Problem): void {
    const job = this.#notes().get("copy")?.job;
    if (job) copying.archivist.jobs.end(job, why);
  }

  async #forget(error: unknown): Promise<{ ok: false; problem: Problem }> {
    await this.#wipe();
    if (error instanceof ProblemError) return { ok: false, problem: error.problem };
    throw error;
  }

  /** Leaves nothing of a copy or a bundle, once all work on it has come to its end. What has become a group by then stays. */
  #wipe(): Promise<void> {
    this.#forgetting ??= this.#wipeOnce().finally(() => {
      this.#forgetting = null;
    });
    return this.#forgetting;
  }

  async #wipeOnce(): Promise<void> {
    const { context, now } = this.#rim;
    const copying = this.#current;
    copying?.giveUp();
    await this.#going?.catch(() => null);
    while (copying?.archivist.isWorking) await copying.archivist.rest();
    if (this.#isTaken()) return;
    if (copying) new JobLog(context.storage.sql, now).begin("delete", "cold storage");
    await this.#store.dropAll();
    await context.storage.deleteAlarm();
    await context.storage.deleteAll();
    this.#watch.fired();
    this.#current = null;
  }

  async #untilForgotten(): Promise<void> {
    while (this.#forgetting) await this.#forgetting.catch(() => undefined);
  }

  #originOf({ from }: GroupCopy): ColdStore | null {
    if (from.how !== "fork") return null;
    const { GROUPS, ARCHIVE } = this.#rim.bindings;
    return new ColdStore(ARCHIVE, GROUPS.idFromName(from.group).toString());
  }

  /** What a copy answers that was asked for again after it was done. */
  #made(copy: GroupCopy): Result<GroupView> {
    if (this.#notes().get("copied") !== copy.group) return TAKEN;
    const group = this.#rim.finished();
    const view = group && viewGroup(group.path.state);
    return view ? { ok: true, value: view } : TAKEN;
  }

  /** Whether there is a bundle of which no copy was begun. */
  get isStaged(): boolean {
    return this.#current === null && this.#isStaged();
  }

  /** Whether the object is a group already: a failed copy wipes its object, and must find none there. */
  #isTaken(): boolean {
    if (!hasSchema(this.#rim.context.storage.sql)) return false;
    return this.#notes().get("copy") === null && !this.#isStaged();
  }

  #isStaged(): boolean {
    if (!hasSchema(this.#rim.context.storage.sql)) return false;
    return this.#notes().get("bundle") !== null;
  }

  /** The last seq that the copy takes over. */
  async #endOf(copy: GroupCopy): Promise<number> {
    const { from } = copy;
    if (from.how === "import") {
      const parts = hasSchema(this.#rim.context.storage.sql) ? this.#parts() : [];
      const last = parts.at(-1);
      if (last) return last.to;
      throw new ProblemError(problem("conflict", "The bundle is not there: send it again."));
    }
    const { head } = await this.#ask(copy, from.group, { after: 0, upTo: 0 });
    if (from.atSeq === null || from.atSeq <= head) return from.atSeq ?? head;
    const words = `The group has ${head} events: fork it at one of them.`;
    throw new ProblemError(problem("invalid_request", words, { details: { field: "atSeq" } }));
  }

  async #pageOf(
    copy: GroupCopy,
    origin: GroupCopy["group"],
    page: { after: number; upTo: number },
  ): Promise<readonly LogEvent[]> {
    return (await this.#ask(copy, origin, page)).events;
  }

  async #ask(copy: GroupCopy, origin: GroupCopy["group"], page: { after: number; upTo: number }) {
    const { GROUPS } = this.#rim.bindings;
    const stub = GROUPS.get(GROUPS.idFromName(origin)) as unknown as GroupControl;
    const answered = await stub.copyPage(copy.principal, page);
    if (!answered.ok) throw new ProblemError(answered.problem);
    return answered.value;
  }

  async #pageOfBundle(after: number): Promise<readonly LogEvent[]> {
    const part = this.#parts().find(({ from, to }) => from <= after + 1 && after + 1 <= to);
    if (!part) return [];
    const { offset, bytes: length } = part;
    const bytes = await this.#store.staged(STAGED, { offset, length });
    if (!bytes) throw new ProblemError(problem("storage_damaged", "The bundle is gone."));
    const zipped = new Uint8Array(await bytes.arrayBuffer());
    const events = await readPart(part, zipped, this.#rim.now());
    return events.filter(({ seq }) => seq > after);
  }

  #parts(): readonly BundlePart[] {
    return this.#notes().get("bundle") ?? [];
  }

  #notes(): NoteStore {
    return new NoteStore(this.#rim.context.storage.sql);
  }
}
