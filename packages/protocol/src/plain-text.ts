// A terminal's output as text to read, for models and people alike.

/** Control sequences of terminals (ECMA-48, section 5.4; and titles, which end with BEL or ST). */
// oxlint-disable-next-line no-control-regex
const SEQUENCES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\^_])/g;
// oxlint-disable-next-line no-control-regex
const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g;

/** Without colours and other commands to a terminal. A sequence that is cut at the text's end leaves its rest. */
export function plainText(text: string): string {
  return text.replace(SEQUENCES, "").replaceAll("\r\n", "\n").replace(CONTROLS, "");
}
