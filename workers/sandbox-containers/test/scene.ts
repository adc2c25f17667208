// The Worker with its objects in this process, a group that signs, and a clock that a test moves.
import {
  problemSchema,
  sandboxEgressSchema,
  sandboxLimitsSchema,
  type Problem,
  type SandboxId,
  type SandboxOpened,
} from "@acos/protocol";
import { FakeClock, freshId, TestAuthority, type SignedPlan, type TestGroup } from "@acos/testkit";
import { sandboxTarget } from "@acos/trust";

import { createContainersWorker } from "../src/containers-worker.ts";
import type { Bindings } from "../src/env.ts";
import { answerRequest } from "../src/object-routes.ts";
import { answerTo } from "../src/refusals.ts";
import { SandboxLife } from "../src/sandbox-life.ts";
import { FakeContainer, FakeStorage } from "./fake-container.ts";

export interface SceneObject {
  readonly container: FakeContainer;
  readonly storage: FakeStorage;
  /** Put to sleep and woken: what was only in memory is gone. */
  evict(): Promise<void>;
  fetch(request: Request): Promise<Response>;
}

export interface Ask extends Partial<SignedPlan> {
  readonly path?: string;
  readonly search?: string;
  readonly json?: unknown;
  readonly sandbox?: SandboxId;
  readonly as?: TestGroup;
}

export interface Scene {
  readonly clock: FakeClock;
  readonly authority: TestAuthority;
  readonly group: TestGroup;
  readonly sandbox: SandboxId;
  readonly logged: string[];
  readonly bindings: Bindings & { keysAsked: number; keysDown: boolean };
  object(sandbox?: SandboxId): SceneObject;
  ask(plan?: Ask): Promise<Response>;
  send(request: Request): Promise<Response>;
  open(plan?: Ask): Promise<SandboxOpened>;
}

export const OPEN = {
  limits: sandboxLimitsSchema.parse({}),
  egress: sandboxEgressSchema.parse({}),
};

export async function scene(): Promise<Scene> {
  const clock = new FakeClock(Date.now());
  const authority = await TestAuthority.create(() => clock.now());
  const group = await authority.group();
  const sandbox = freshId("sandbox");
  const logged: string[] = [];
  const objects = new Map<string, SceneObject>();
  const objectOf = (name: string): SceneObject => {
    const found = objects.get(name) ?? createObject(clock, logged);
    objects.set(name, found);
    return found;
  };
  const bindings = {
    keysAsked: 0,
    keysDown: false,
    SANDBOX_CONTAINERS: { getByName: objectOf },
    AUTHORITY: {
      publicKeys: async () => {
        bindings.keysAsked += 1;
        if (bindings.keysDown) throw new Error("down");
        return (await authority.jwks()) as never;
      },
    },
  };
  const worker = createContainersWorker({
    now: () => clock.now(),
    log: (words) => logged.push(words),
  });
  const send = (request: Request) => worker.fetch(request, bindings);
  const ask = async ({ path = "", search = "", json, as = group, ...plan }: Ask = {}) => {
    const url = sandboxTarget(plan.sandbox ?? sandbox, path, { search });
    const body = json === undefined ? plan.body : new TextEncoder().encode(JSON.stringify(json));
    const signed = await as.sign({ ...plan, url, ...(body === undefined ? {} : { body }) });
    return send(asRequest(signed));
  };
  const open = async (plan: Ask = {}) => {
    const response = await ask({ method: "PUT", json: OPEN, ...plan });
    if (!response.ok) throw new Error(await response.text());
    return (await response.json()) as SandboxOpened;
  };
  const object = (id = sandbox) => objectOf(id);
  return { clock, authority, group, sandbox, logged, bindings, object, ask, send, open };
}

export function asRequest(signed: Awaited<ReturnType<TestGroup["sign"]>>): Request {
  const { method, url, headers, body } = signed;
  return new Request(url, { method, headers, ...(body.length === 0 ? {} : { body }) });
}

function createObject(clock: FakeClock, logged: string[]): SceneObject {
  const container = new FakeContainer(clock);
  const storage = new FakeStorage();
  let counter = 0;
  const wake = () => {
    const life = new SandboxLife({
      container,
      storage,
      now: () => clock.now(),
      // Nobody listens yet: time goes on while one waits.
      pause: (ms) => {
        clock.advance(ms);
        return new Promise((resolve) => setImmediate(resolve));
      },
      randomBytes: (count) => new Uint8Array(count).fill((counter += 1)),
      keepAlive: () => undefined,
    });
    return { life, awake: life.wake() };
  };
  let current = wake();
  return {
    container,
    storage,
    async evict() {
      current = wake();
      await current.awake;
    },
    async fetch(request) {
      await current.awake;
      try {
        return await answerRequest(current.life, request);
      } catch (error) {
        return answerTo(error, (words) => logged.push(words));
      }
    },
  };
}

export async function problemOf(response: Response): Promise<Problem> {
  return problemSchema.parse(await response.json());
}
