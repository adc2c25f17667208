// The door of a group's object: whether there is a group behind it, and in which of its states. Whoever comes finds it open,
// brought back from cold storage, still being copied, or not there.
import { problem, type Principal, type Problem, type Result } from "@acos/protocol";

import { ColdStore } from "./archive/cold-store.ts";
import { thaw } from "./archive/thaw.ts";
import { Copies } from "./copy/copies.ts";
import type { CopyingGroup } from "./copy/copying-group.ts";
import type { Bindings } from "./env.ts";
import { careForIdle, problemOf, type LifeRim } from "./life.ts";
import { hasSchema, migrate } from "./log/schema.ts";
import { OpenGroup } from "./open-group.ts";
import { NO_SUCH_GROUP } from "./sockets/accept.ts";

const COPYING = problem(
  "conflict",
  "This group is still being copied. It can be used when all of its history has come.",
);
const NOT_HERE = { ok: false, problem: NO_SUCH_GROUP } as const;

export class Door {
  readonly life: LifeRim;
  readonly copies: Copies;
  readonly #context: DurableObjectState;
  readonly #bindings: Bindings;
  readonly #now: () => number;
  #group: OpenGroup | null = null;
  /** A group that is being deleted: nobody finds it any more. */
  #leaving: OpenGroup | null = null;
  /** Whether cold storage was asked, and has nothing either. */
  #isEmpty = false;

  /** Opens the group that the storage has. Looking at an object that has none leaves nothing behind. */
  constructor(context: DurableObjectState, bindings: Bindings, now: () => number) {
    this.#context = context;
    this.#bindings = bindings;
    this.#now = now;
    this.life = {
      context,
      close: () => {
        this.#group = null;
      },
    };
    this.copies = new Copies({
      context,
      bindings,
      now,
      finished: () => {
        this.#isEmpty = false;
        if (!this.#group && !this.#leaving) this.#openHere();
        return this.#group;
      },
    });
    if (hasSchema(context.storage.sql)) this.#openHere();
  }

  /** The group, where it is open. */
  get group(): OpenGroup | null {
    return this.#group;
  }

  /** The copy under way, for whoever asked for it. */
  copyingFor(principal: Principal): CopyingGroup | null {
    const { current } = this.copies;
    return current?.creator === principal.user && !current.isGivenUp ? current : null;
  }

  /** A new group's tables and an empty group in them; the group itself where there is one. */
  create(): OpenGroup {
    migrate(this.#context.storage);
    return this.#group ?? this.#opened();
  }

  /** The group, brought back from cold storage where it lies there. */
  async open(): Promise<Result<OpenGroup>> {
    if (this.#group) return { ok: true, value: this.#group };
    const { current } = this.copies;
    if (current) return current.isGivenUp ? NOT_HERE : { ok: false, problem: COPYING };
    if (this.#isEmpty || this.#leaving) return NOT_HERE;
    const failure = await this.#context.blockConcurrencyWhile(() => this.#thaw());
    if (failure) return { ok: false, problem: failure };
    return this.#group ? { ok: true, value: this.#group } : NOT_HERE;
  }

  /** Soon puts away again what was brought back by nobody's visit. */
  settleSoon(): void {
    if (this.#group?.archivist.notes.get("archived")) this.#group.watch.arm();
  }

  /** What the object's alarm does. */
  async woken(): Promise<void> {
    if (!this.#group && (await this.copies.woken())) return;
    if (this.#leaving) return this.#finishDeleting(this.#leaving);
    const group = this.#group;
    if (!group) return;
    group.watch.fired();
    if (!group.archivist.notes.get("archived")) {
      group.recover();
      group.proofs.endOverdue();
      this.#context.waitUntil(group.sandboxes.keeper.care());
    }
    await careForIdle(group, this.life).catch(() => group.watch.arm());
  }

  /** Deletes all that a group has, in R2 first. What is cut short is found by its job and done again; nobody waits for it. */
  async delete(group: OpenGroup): Promise<void> {
    group.archivist.jobs.begin("delete", "cold storage");
    await this.#context.storage.sync();
    this.#group = null;
    this.#leaving = group;
    await this.#finishDeleting(group);
  }

  async #finishDeleting(group: OpenGroup): Promise<void> {
    const { storage } = this.#context;
    const { archivist, sandboxes } = group;
    try {
      // What is under way for the group may want to keep something yet, and must not bring it back.
      archivist.store.close();
      while (archivist.isWorking) await archivist.rest();
      await archivist.store.dropAll();
      await sandboxes.keeper.destroyAll();
      await storage.deleteAlarm();
      await storage.deleteAll();
      this.#leaving = null;
      this.#isEmpty = true;
    } catch {
      group.watch.fired();
      group.watch.arm();
    }
  }

  async #thaw(): Promise<Problem | null> {
    if (this.#group || this.#isEmpty || this.#leaving) return null;
    const store = new ColdStore(this.#bindings.ARCHIVE, this.#context.id.toString());
    try {
      const isBack = await thaw(this.#context.storage, { store, now: this.#now });
      if (isBack) this.#openHere();
      else this.#isEmpty = true;
      return null;
    } catch (error) {
      return problemOf(error);
    }
  }

  /** Opens what the storage has: a group, or what is left of a copy or a deletion that was cut short. */
  #openHere(): void {
    migrate(this.#context.storage);
    if (this.copies.resume()) return;
    const group = this.#opened();
    if (group.archivist.jobs.open("delete")) {
      this.#group = null;
      this.#leaving = group;
      return group.watch.arm();
    }
    if (group.archivist.notes.get("archived")) return group.watch.arm();
    group.recover();
  }

  #opened(): OpenGroup {
    const group = new OpenGroup(this.#context, this.#bindings, this.#now);
    this.#group = group;
    return group;
  }
}
