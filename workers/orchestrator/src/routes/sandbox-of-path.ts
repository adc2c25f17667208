// The sandbox that a path names: asked of its group by remote call, or of itself by a request that the group sends on.
import { isId, problem, ProblemError, type parse, type SandboxId } from "@acos/protocol";

import { principalOf } from "../group-calls.ts";
import type { Call } from "../rest/call.ts";
import { askSandbox, type SandboxAsk } from "../sandbox-calls.ts";
import { accessGroup, notFound } from "../store/access.ts";

/** What the calls of all operations on one sandbox have in common. */
export type OfSandbox = Pick<Call<"getSandbox">, "plane" | "caller" | "params" | "request">;

/** The sandbox's id, by its form alone: the group knows which are its own. */
export function sandboxOf({ sandbox }: { readonly sandbox: string }): SandboxId {
  if (!isId("sandbox", sandbox)) throw notFound("sandbox");
  return sandbox;
}

type Asked = Pick<SandboxAsk, "method" | "path" | "headers" | "body" | "signal">;

/** Asks what runs in the sandbox, as the caller. Throws ProblemError with whoever's refusal. */
export function askInside(
  { plane, caller, params }: OfSandbox,
  asked: Asked,
): ReturnType<typeof askSandbox> {
  const group = accessGroup(params.id);
  const sandbox = sandboxOf(params);
  return askSandbox(plane, { group, sandbox, principal: principalOf(caller), ...asked });
}

/** What a JSON body is sent as. */
export function jsonBody(value: unknown): Pick<Asked, "headers" | "body"> {
  return { headers: { "content-type": "application/json" }, body: JSON.stringify(value) };
}

type Schema = Parameters<typeof parse>[0];
type Value<S extends Schema> = ReturnType<typeof parse<S>>;

/** Asks for JSON and reads it strictly: a sandbox is believed nothing. Throws `sandbox_failed` for what is not of the form. */
export async function readInside<S extends Schema>(
  of: OfSandbox,
  asked: Asked,
  schema: S,
): Promise<Value<S>> {
  return valueOf(await jsonInside(of, asked), schema);
}

/** Asks for a list, `{items: […]}`, and reads each of its items. */
export async function listInside<S extends Schema>(
  of: OfSandbox,
  path: string,
  schema: S,
): Promise<readonly Value<S>[]> {
  const answer = await jsonInside(of, { method: "GET", path });
  const items = (answer as { items?: unknown } | null)?.items;
  if (!Array.isArray(items)) throw notAsExpected();
  return items.map((item) => valueOf(item, schema));
}

async function jsonInside(of: OfSandbox, asked: Asked): Promise<unknown> {
  const answer = await askInside(of, asked);
  try {
    return await answer.json();
  } catch {
    // No JSON, or it broke off.
    throw notAsExpected();
  }
}

function valueOf<S extends Schema>(value: unknown, schema: S): Value<S> {
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  throw notAsExpected();
}

function notAsExpected(): ProblemError {
  const words =
    "The sandbox's answer is not of the form it should have. Try again; stop the sandbox if it goes on.";
  return new ProblemError(problem("sandbox_failed", words));
}
