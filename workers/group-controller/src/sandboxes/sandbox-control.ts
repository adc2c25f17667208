// The remote calls of a group about its sandboxes, handed to its commands. The object itself is the subclass.
import { DurableObject } from "cloudflare:workers";

import type { Access } from "@acos/group";
import type { GroupControl, Principal, Result, SandboxId } from "@acos/protocol";

import type { Bindings } from "../env.ts";
import type { SandboxCommands } from "./sandbox-commands.ts";

/** Finds the sandboxes of the group, for whoever may see it. A symbol, so that no remote call reaches it. */
export const ASK_SANDBOXES = Symbol("sandboxes");

export type SandboxAct<T> = (commands: SandboxCommands, access: Access) => T | Promise<T>;

type Answer<K extends keyof GroupControl> = ReturnType<GroupControl[K]>;

export abstract class SandboxControl extends DurableObject<Bindings> {
  /** Contract: a ProblemError that `act` throws is the answer. */
  abstract [ASK_SANDBOXES]<T>(principal: Principal, act: SandboxAct<T>): Promise<Result<T>>;

  sandboxes(principal: Principal): Answer<"sandboxes"> {
    return this[ASK_SANDBOXES](principal, (commands) => commands.list());
  }

  createSandbox(
    ...[principal, wanted]: Parameters<GroupControl["createSandbox"]>
  ): Answer<"createSandbox"> {
    return this[ASK_SANDBOXES](principal, (commands, access) => commands.create(access, wanted));
  }

  stopSandbox(
    ...[principal, sandbox, how]: Parameters<GroupControl["stopSandbox"]>
  ): Answer<"stopSandbox"> {
    const act: SandboxAct<Awaited<ReturnType<SandboxCommands["stop"]>>> = (commands, access) =>
      commands.stop(access, sandbox, how);
    return this[ASK_SANDBOXES](principal, act);
  }

  destroySandbox(principal: Principal, sandbox: SandboxId): Answer<"destroySandbox"> {
    return this[ASK_SANDBOXES](principal, (commands, access) => commands.destroy(access, sandbox));
  }

  snapshotSandbox(principal: Principal, sandbox: SandboxId): Answer<"snapshotSandbox"> {
    return this[ASK_SANDBOXES](principal, (commands, access) => commands.snapshot(access, sandbox));
  }

  restoreSandbox(
    ...[principal, sandbox, to]: Parameters<GroupControl["restoreSandbox"]>
  ): Answer<"restoreSandbox"> {
    return this[ASK_SANDBOXES](principal, (commands, access) =>
      commands.restore(access, sandbox, to),
    );
  }

  checkpoint(principal: Principal, sandbox: SandboxId): Answer<"checkpoint"> {
    return this[ASK_SANDBOXES](principal, (commands, access) =>
      commands.checkpoint(access, sandbox),
    );
  }

  checkpoints(principal: Principal, sandbox: SandboxId): Answer<"checkpoints"> {
    return this[ASK_SANDBOXES](principal, (commands) => commands.checkpoints(sandbox));
  }

  changes(
    ...[principal, sandbox, between]: Parameters<GroupControl["changes"]>
  ): Answer<"changes"> {
    return this[ASK_SANDBOXES](principal, (commands) => commands.changes(sandbox, between));
  }

  undo(...[principal, sandbox, hunks]: Parameters<GroupControl["undo"]>): Answer<"undo"> {
    return this[ASK_SANDBOXES](principal, (commands, access) =>
      commands.undo(access, sandbox, hunks),
    );
  }

  admitPreview(principal: Principal, sandbox: SandboxId): Answer<"admitPreview"> {
    return this[ASK_SANDBOXES](principal, (commands, access) =>
      commands.admitPreview(access, sandbox),
    );
  }
}
