// A frame as it is kept: bytes as bytes. It becomes base64 on its way out, where the wire asks for text.
import type { SandboxFrame } from "@acos/protocol";

type Output = { readonly t: "out" | "err"; readonly seq: number; readonly data: Buffer };
export type Frame = Output | Exclude<SandboxFrame, { t: "out" | "err" | "beat" }>;

/** The frame as a line of NDJSON. */
export function lineOf(frame: Frame): string {
  if (frame.t !== "out" && frame.t !== "err") return `${JSON.stringify(frame)}\n`;
  return `{"t":"${frame.t}","seq":${frame.seq},"b64":"${frame.data.toString("base64")}"}\n`;
}
