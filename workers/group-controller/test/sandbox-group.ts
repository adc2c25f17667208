// Builder for tests: a group that works in sandboxes of the fake host, and what its log says of it.
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { expect } from "vitest";

import {
  policySchema,
  PRINCIPAL_HEADER,
  type EventOf,
  type GroupEventKind,
  type LogEvent,
  type Principal,
  type SandboxId,
  type SandboxPolicy,
} from "@acos/protocol";

import { host, type FakeSandbox } from "./fake-sandbox-host.ts";
import { controlOf, freshId, makeGroup, stubOf, type TestGroup } from "./member.ts";
import { post } from "./mishaps.ts";
import { clock } from "./worker.ts";

export interface SandboxGroup extends TestGroup {
  readonly box: SandboxId;
}

const rules = (change: Partial<SandboxPolicy>) => ({
  sandboxes: { ...policySchema.parse({}).sandboxes, ...change },
});

/** A group without a sandbox. */
export function groupWith(change: Partial<SandboxPolicy> = {}): Promise<TestGroup> {
  return makeGroup(rules(change));
}

/** A group with a sandbox that was never used. */
export async function boxedGroup(change: Partial<SandboxPolicy> = {}): Promise<SandboxGroup> {
  const group = await groupWith(change);
  const box = freshId("sandbox");
  const made = await group.control.createSandbox(group.lena, { sandbox: box });
  if (!made.ok) throw new Error(made.problem.message);
  return { ...group, box };
}

/** The whole log, by a new connection: the object may have died since. */
export async function logOf({ id, lena }: TestGroup): Promise<readonly LogEvent[]> {
  const page = await controlOf(stubOf(id)).events(lena, { after: 0, limit: 1_000 });
  if (!page.ok) throw new Error(page.problem.message);
  return page.value.items;
}

export async function eventsOf<K extends GroupEventKind>(
  group: TestGroup,
  kind: K,
): Promise<EventOf<K>[]> {
  return (await logOf(group)).flatMap(({ event }) =>
    event.kind === kind ? [event as EventOf<K>] : [],
  );
}

/** Waits until the log has so many facts of a kind. */
export async function waitFor<K extends GroupEventKind>(
  group: TestGroup,
  kind: K,
  count = 1,
): Promise<EventOf<K>[]> {
  await expect.poll(async () => (await eventsOf(group, kind)).length).toBeGreaterThanOrEqual(count);
  return eventsOf(group, kind);
}

let commands = 0;

export async function say(group: TestGroup, text: string): Promise<void> {
  const id = `say-${(commands += 1)}`;
  const said = await group.control.command(group.lena, { id, command: post(text) });
  if (!said.ok) throw new Error(said.problem.message);
}

/** Says yes to every approval that is open. */
export async function approveAll(group: TestGroup): Promise<void> {
  const view = await group.control.view(group.lena);
  for (const { approval } of view.ok ? view.value.approvals : []) {
    const command = { kind: "approval-decide", approval, decision: "approve" } as const;
    const id = `decide-${(commands += 1)}`;
    await group.control.command(group.lena, { id, command });
  }
}

export function call(tool: string, args: object): string {
  return `${tool} ${JSON.stringify(args)}`;
}
export const run = (command: string): string => call("run_command", { command });
export const write = (path: string, content: string): string =>
  call("write_file", { path, content });

export function boxOf(sandbox: SandboxId): FakeSandbox {
  return host.sandboxes.get(sandbox)!;
}

/** A request to the data plane by somebody. */
export function ask(
  group: SandboxGroup,
  path: string,
  { who = group.lena, ...init }: RequestInit & { who?: Principal } = {},
): Promise<Response> {
  return stubOf(group.id).fetch(`https://group.internal/sandboxes/${group.box}${path}`, {
    ...init,
    headers: { ...(init.headers as object), [PRINCIPAL_HEADER]: JSON.stringify(who) },
  });
}

/** The process of the group's object dies. */
export async function killObject(group: TestGroup): Promise<void> {
  await runInDurableObject(stubOf(group.id), (_object, state) => {
    state.abort("killed by a test");
  }).catch(() => undefined);
}

/** Lets time pass and the alarm go off. */
export async function later(group: TestGroup, ms: number): Promise<void> {
  clock.aheadMs += ms;
  await runDurableObjectAlarm(stubOf(group.id));
}
