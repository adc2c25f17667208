// /procs: commands of members and scripts, their output from any place on, their input and their end.
import { execSchema, processIdSchema, processInputSchema } from "@acos/protocol";

import { answerDone, answerJson, readBody, refusal } from "../answer.ts";
import { streamFrames } from "../frame-stream.ts";
import type { Route, RouteCall } from "../route.ts";
import type { OwnedProcess } from "./owned-process.ts";
import type { ProcessTable } from "./process-table.ts";

const startSchema = execSchema.extend({ process: processIdSchema.optional() });
const ONE = String.raw`/procs/(?<process>[A-Za-z0-9_-]{1,64})`;

export function processRoutes(processes: ProcessTable): readonly Route[] {
  const one = (call: RouteCall) => processes.get(call.params["process"] ?? "");
  return [
    {
      method: "POST",
      path: /\/procs/,
      serve: async (call) => {
        const owned = await processes.start(await readBody(call.request, startSchema));
        if (!owned.background && !readers.has(owned)) readers.set(owned, 0);
        await follow(call, owned, 0);
      },
    },
    {
      method: "GET",
      path: /\/procs/,
      serve: async ({ response }) => answerJson(response, { items: processes.list() }),
    },
    {
      method: "GET",
      path: new RegExp(`${ONE}/output`),
      serve: async (call) => {
        const owned = one(call);
        await follow(call, owned, placeIn(call.url));
      },
    },
    {
      method: "POST",
      path: new RegExp(`${ONE}/input`),
      serve: async (call) => {
        const owned = one(call);
        const { b64, close } = await readBody(call.request, processInputSchema);
        owned.write(Buffer.from(b64, "base64"), close);
        answerDone(call.response);
      },
    },
    {
      method: "DELETE",
      path: new RegExp(ONE),
      serve: async (call) => {
        await one(call).end();
        answerDone(call.response);
      },
    },
  ];
}

/** The place that `?from=` names. Throws ProblemError when it is none. */
export function placeIn(url: URL): number {
  const text = url.searchParams.get("from") ?? "0";
  const from = Number(text);
  if (/^\d{1,15}$/.test(text)) return from;
  throw refusal("invalid_request", "`from` must be the seq of the last frame that you have, or 0.");
}

/** Readers of processes that are there for them: when the last one leaves, the process is ended. */
const readers = new WeakMap<OwnedProcess, number>();

/** Streams a process's frames. Only one that was started for a reader, in the foreground, waits for it and ends with it. */
async function follow(call: RouteCall, owned: OwnedProcess, from: number): Promise<void> {
  const { response } = call;
  const count = readers.get(owned);
  if (count === undefined) return await streamFrames(response, owned.log, { from });
  readers.set(owned, count + 1);
  await streamFrames(response, owned.log, {
    from,
    // With two readers none of them may hold the process up for the other.
    took: (cursor) => owned.slowBy(readers.get(owned) === 1 ? cursor : undefined),
  });
  const left = (readers.get(owned) ?? 1) - 1;
  readers.set(owned, left);
  owned.slowBy(undefined);
  if (left === 0 && owned.exit === undefined) await owned.end();
}
