// /groups/{id}/sandboxes/{sandbox}/…: commands, processes, ports and terminals, asked of what runs inside.
import {
  portViewSchema,
  problem,
  ProblemError,
  processIdSchema,
  processViewSchema,
  terminalViewSchema,
  type Exec,
} from "@acos/protocol";

import { readExecResult } from "../read-frames.ts";
import type { Handler } from "../rest/call.ts";
import { pageOfAll } from "../rest/page.ts";
import { NDJSON_TYPE } from "../rest/passed-answer.ts";
import { notFound } from "../store/access.ts";
import { askInside, jsonBody, listInside, readInside } from "./sandbox-of-path.ts";

/** Beyond a command's own time: a sandbox may have to start from its snapshot first, and the answer has to come. */
export const EXEC_MARGIN_MS = 120_000;

export const execInSandbox: Handler<"execInSandbox"> = async (call) => {
  const { body, request, plane } = call;
  const deadline = AbortSignal.timeout(body.timeoutMs + EXEC_MARGIN_MS);
  const signal = AbortSignal.any([request.signal, deadline]);
  const asked = { method: "POST", path: "/procs", signal, ...jsonBody(body) };
  try {
    const answer = await askInside(call, asked);
    if (wantsStream(request)) return { passed: answer };
    if (!answer.body) throw new ProblemError(problem("sandbox_failed", NOTHING_CAME));
    const stream = answer.body as ReadableStream<Uint8Array>;
    return await readExecResult(stream, { now: plane.clock.now, background: body.background });
  } catch (error) {
    throw deadline.aborted ? tookTooLong(body) : error;
  }
};

const NOTHING_CAME = "The sandbox answered nothing. Look at its processes, then run it again.";

/** Whether a request asks for the output as it is made. */
export function wantsStream(request: Request): boolean {
  return request.headers.get("accept")?.toLowerCase().includes(NDJSON_TYPE) === true;
}

function tookTooLong({ timeoutMs }: Exec): ProblemError {
  const words = `The sandbox did not say within ${Math.ceil((timeoutMs + EXEC_MARGIN_MS) / 1000)} seconds how the command ended. Look at its processes, then run it again.`;
  return new ProblemError(problem("sandbox_failed", words));
}

export const listProcesses: Handler<"listProcesses"> = async (call) => {
  return pageOfAll(await listInside(call, "/procs", processViewSchema), call.page);
};

export const readProcess: Handler<"readProcess"> = async (call) => {
  const { from = "0" } = call.page;
  const path = `${processPath(call.params.process)}/output?from=${from}`;
  return { passed: await askInside(call, { method: "GET", path, signal: call.request.signal }) };
};

export const writeProcess: Handler<"writeProcess"> = async (call) => {
  const path = `${processPath(call.params.process)}/input`;
  await finished(askInside(call, { method: "POST", path, ...jsonBody(call.body) }));
};

export const endProcess: Handler<"endProcess"> = async (call) => {
  await finished(askInside(call, { method: "DELETE", path: processPath(call.params.process) }));
};

function processPath(process: string): string {
  if (!processIdSchema.safeParse(process).success) throw notFound("process");
  return `/procs/${process}`;
}

/** For answers that say nothing but that it was done. */
async function finished(asked: Promise<Response>): Promise<void> {
  await (await asked).body?.cancel();
}

export const listPorts: Handler<"listPorts"> = async (call) => {
  return pageOfAll(await listInside(call, "/ports", portViewSchema), call.page);
};

export const openTerminal: Handler<"openTerminal"> = (call) => {
  const asked = { method: "POST", path: "/terminals", ...jsonBody(call.body) };
  return readInside(call, asked, terminalViewSchema);
};

export const listTerminals: Handler<"listTerminals"> = async (call) => {
  return pageOfAll(await listInside(call, "/terminals", terminalViewSchema), call.page);
};
