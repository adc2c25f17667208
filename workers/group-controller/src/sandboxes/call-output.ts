// The text of a call's frames: both outputs in their order, as it is shown while the call runs.
import { plainText, type SandboxFrame } from "@acos/protocol";

/** Answers what each frame says, in turn; frames must come once and in order. Bytes that are no text become U+FFFD. */
export function outputReader(): (frame: SandboxFrame) => string {
  const decoders = { out: new TextDecoder(), err: new TextDecoder() };
  return (frame) => {
    if (frame.t === "gap") return `\n[… ${frame.bytes} bytes are not shown …]\n`;
    if (frame.t !== "out" && frame.t !== "err") return "";
    const bytes = Uint8Array.from(atob(frame.b64), (character) => character.charCodeAt(0));
    return plainText(decoders[frame.t].decode(bytes, { stream: true }));
  };
}
