// /groups/{id}/sandboxes: which there are, and their lives. The group decides; nothing of a sandbox lies in D1.
import { isId, type CheckpointId } from "@acos/protocol";

import { freshId } from "../clock.ts";
import type { Handler } from "../rest/call.ts";
import { invalidField } from "../rest/invalid-field.ts";
import { pageOfAll } from "../rest/page.ts";
import { notFound } from "../store/access.ts";
import { ask } from "./ask-group-of-path.ts";
import { sandboxOf } from "./sandbox-of-path.ts";

export const listSandboxes: Handler<"listSandboxes"> = async (call) => {
  const all = await ask(call, (stub, principal) => stub.sandboxes(principal));
  return pageOfAll(all, call.page);
};

export const createSandbox: Handler<"createSandbox"> = (call) => {
  const wanted = { ...call.body, sandbox: freshId(call.plane.clock, "sandbox") };
  return ask(call, (stub, principal) => stub.createSandbox(principal, wanted));
};

export const getSandbox: Handler<"getSandbox"> = async (call) => {
  const sandbox = sandboxOf(call.params);
  const all = await ask(call, (stub, principal) => stub.sandboxes(principal));
  const found = all.find((one) => one.sandbox === sandbox);
  if (!found) throw notFound("sandbox");
  return found;
};

export const destroySandbox: Handler<"destroySandbox"> = async (call) => {
  const sandbox = sandboxOf(call.params);
  await ask(call, (stub, principal) => stub.destroySandbox(principal, sandbox));
};

export const stopSandbox: Handler<"stopSandbox"> = async (call) => {
  const sandbox = sandboxOf(call.params);
  return ask(call, (stub, principal) => stub.stopSandbox(principal, sandbox, call.body));
};

export const snapshotSandbox: Handler<"snapshotSandbox"> = async (call) => {
  const sandbox = sandboxOf(call.params);
  return ask(call, (stub, principal) => stub.snapshotSandbox(principal, sandbox));
};

export const restoreSandbox: Handler<"restoreSandbox"> = async (call) => {
  const sandbox = sandboxOf(call.params);
  const { snapshot } = call.body;
  const to = snapshot === undefined ? {} : { snapshot };
  return ask(call, (stub, principal) => stub.restoreSandbox(principal, sandbox, to));
};

export const listCheckpoints: Handler<"listCheckpoints"> = async (call) => {
  const sandbox = sandboxOf(call.params);
  const all = await ask(call, (stub, principal) => stub.checkpoints(principal, sandbox));
  return pageOfAll(all, call.page);
};

export const createCheckpoint: Handler<"createCheckpoint"> = async (call) => {
  const sandbox = sandboxOf(call.params);
  return ask(call, (stub, principal) => stub.checkpoint(principal, sandbox));
};

export const restoreCheckpoint: Handler<"restoreCheckpoint"> = async (call) => {
  const sandbox = sandboxOf(call.params);
  const { checkpoint } = call.params;
  if (!isId("checkpoint", checkpoint)) throw notFound("checkpoint");
  return ask(call, (stub, principal) => stub.restoreSandbox(principal, sandbox, { checkpoint }));
};

export const listChanges: Handler<"listChanges"> = async (call) => {
  const sandbox = sandboxOf(call.params);
  const from = checkpointIn("from", call.page.from);
  const to = checkpointIn("to", call.page.to);
  const between = { ...(from && { from }), ...(to && { to }) };
  const all = await ask(call, (stub, principal) => stub.changes(principal, sandbox, between));
  return pageOfAll(all, call.page);
};

function checkpointIn(field: string, id: string | undefined): CheckpointId | undefined {
  if (id === undefined || isId("checkpoint", id)) return id;
  throw invalidField(field, "This is no checkpoint's id. Take one from the list of checkpoints.");
}

export const undoChanges: Handler<"undoChanges"> = async (call) => {
  const sandbox = sandboxOf(call.params);
  return ask(call, (stub, principal) => stub.undo(principal, sandbox, call.body.hunks));
};
