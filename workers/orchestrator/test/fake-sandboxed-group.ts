// The part of a stand-in group that is about its sandboxes, as remote methods.
import type { GroupControl, OrgId, Principal, Role, SandboxId } from "@acos/protocol";
import { DurableObject } from "cloudflare:workers";

import { FakeSandboxes, NO_SANDBOX } from "./fake-sandboxes.ts";

export abstract class GroupWithSandboxes<Bindings> extends DurableObject<Bindings> {
  protected abstract roleOf(principal: Principal): Role | undefined;
  protected abstract get org(): OrgId | undefined;

  protected get sandboxesOfGroup(): FakeSandboxes {
    return new FakeSandboxes(this.ctx.storage.kv, (principal) => this.roleOf(principal));
  }

  async sandboxes(...args: Parameters<GroupControl["sandboxes"]>) {
    return this.sandboxesOfGroup.list(...args);
  }

  async createSandbox(...args: Parameters<GroupControl["createSandbox"]>) {
    return this.sandboxesOfGroup.create(...args);
  }

  async stopSandbox(...args: Parameters<GroupControl["stopSandbox"]>) {
    return this.sandboxesOfGroup.stop(...args);
  }

  async destroySandbox(...args: Parameters<GroupControl["destroySandbox"]>) {
    return this.sandboxesOfGroup.destroy(...args);
  }

  async snapshotSandbox(...args: Parameters<GroupControl["snapshotSandbox"]>) {
    return this.sandboxesOfGroup.snapshot(...args);
  }

  async restoreSandbox(...args: Parameters<GroupControl["restoreSandbox"]>) {
    return this.sandboxesOfGroup.restore(...args);
  }

  async checkpoint(...args: Parameters<GroupControl["checkpoint"]>) {
    return this.sandboxesOfGroup.checkpoint(...args);
  }

  async checkpoints(...args: Parameters<GroupControl["checkpoints"]>) {
    return this.sandboxesOfGroup.checkpoints(...args);
  }

  async changes(...args: Parameters<GroupControl["changes"]>) {
    return this.sandboxesOfGroup.changes(...args);
  }

  async undo(...args: Parameters<GroupControl["undo"]>) {
    return this.sandboxesOfGroup.undo(...args);
  }

  async admitPreview(principal: Principal, sandbox: SandboxId) {
    const { org } = this;
    const found = this.sandboxesOfGroup.require(principal, sandbox);
    return found.ok && org ? ({ ok: true, value: { org } } as const) : NO_SANDBOX;
  }
}
