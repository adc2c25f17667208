// What the audit says of a request to an agent: the command or the call in words, and how it ended.
import { decodeUtf8, parse, parseJson, sandboxFrameSchema } from "@acos/protocol";
import type { SandboxRequest } from "@acos/trust";

import type { Outcome } from "./agent-proxy.ts";

/** The command of a process, the tool and arguments of a call; undefined for everything else. */
export function wordsOf({ path, call }: SandboxRequest, body: Uint8Array): string | undefined {
  if (call !== null) return `${call.tool} ${JSON.stringify(call.arguments)}`;
  if (path !== "/agent/procs" || body.length === 0) return undefined;
  try {
    const ask = parseJson(decodeUtf8(body, "The command"), "The command");
    const command: unknown = (ask as { command?: unknown } | null)?.command;
    return typeof command === "string" ? command : undefined;
  } catch {
    return undefined; // The agent refuses it, with words.
  }
}

/** An exit code or signal where the answer was a stream that ended with one, else the status. */
export function exitIn({ status, tail }: Outcome): number | string | null {
  const line = tail.toString("utf8").trimEnd().split("\n").at(-1) ?? "";
  if (status !== 200 || !line.startsWith('{"')) return status;
  try {
    const frame = parse(sandboxFrameSchema, parseJson(line, "A frame"), "A frame");
    if (frame.t === "exit") return frame.code ?? frame.signal;
    if (frame.t === "result") return frame.result.isError ? "error" : "result";
  } catch {
    // A file's last line, or a stream that broke off.
  }
  return status;
}
