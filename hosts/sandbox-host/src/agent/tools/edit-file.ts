// edit_file: one exact text of a file replaced by another, or nothing at all.
import { SANDBOX_BODY_MAX_BYTES } from "@acos/protocol";

import { readWhole } from "../files/open-file.ts";
import { resolvePath, shownPath } from "../files/paths.ts";
import { inTurn, writeWhole } from "../files/write-file.ts";
import { ToolRefusal } from "./arguments.ts";
import { plural } from "./clip.ts";
import type { ToolWork } from "./tool.ts";

export const editFile: ToolWork<"edit_file"> = async (given, { environment }) => {
  const { place } = environment;
  const path = resolvePath(place, given.path);
  const shown = shownPath(place, path);
  return await inTurn(`edit ${path}`, async () => {
    const { bytes, etag } = await readWhole(path, SANDBOX_BODY_MAX_BYTES);
    if (given.etag !== undefined && bare(given.etag) !== bare(etag))
      throw new ToolRefusal(
        `${shown} has changed since you read it (its etag is ${etag} now). Read it again, then edit.`,
      );
    const { text, places } = replaced(textOf(bytes, shown), given, shown);
    const written = await writeWhole(path, [Buffer.from(text)], { ifMatch: etag });
    return {
      text: `Edited ${shown}: ${plural(places.length, "place")}, at line ${places.slice(0, 10).join(", ")}. Its etag is ${written} now.`,
    };
  });
};

/** Models write an etag with its quotes or without. */
const bare = (etag: string) => etag.replace(/^(?:W\/)?"|"$/g, "");

function textOf(bytes: Buffer, shown: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new ToolRefusal(
      `${shown} is not UTF-8 text, so it cannot be edited as text. Use run_command.`,
    );
  }
}

interface Edit {
  readonly old: string;
  readonly new: string;
  readonly all: boolean;
}

function replaced(
  text: string,
  edit: Edit,
  shown: string,
): { readonly text: string; readonly places: readonly number[] } {
  const { old, next } = withEndingsOf(text, edit);
  if (old === next) throw new ToolRefusal("`old` and `new` are the same: nothing to do.");
  const starts = placesOf(text, old);
  if (starts.length === 0) throw new ToolRefusal(notFound(text, old, shown));
  if (starts.length > 1 && !edit.all)
    throw new ToolRefusal(
      `\`old\` stands in ${shown} ${starts.length} times, at lines ${lineNumbers(text, starts).slice(0, 10).join(", ")}. Give more of the text around it, or all=true.`,
    );
  return { text: text.split(old).join(next), places: lineNumbers(text, starts) };
}

/** A file with CRLF is edited by callers who see plain line ends; one who writes a CR sees all of them. */
function withEndingsOf(text: string, edit: Edit): { readonly old: string; readonly next: string } {
  const plain = { old: edit.old, next: edit.new };
  if (!text.includes("\r\n")) return plain;
  const mixed = /(?<!\r)\n/.test(text);
  if (text.includes(edit.old) && (mixed || edit.old.includes("\r"))) return plain;
  const withCr = (part: string) => part.replaceAll(/\r?\n/g, "\r\n");
  return { old: withCr(edit.old), next: withCr(edit.new) };
}

function placesOf(text: string, old: string): number[] {
  const starts: number[] = [];
  for (let at = text.indexOf(old); at !== -1; at = text.indexOf(old, at + old.length))
    starts.push(at);
  return starts;
}

function lineNumbers(text: string, starts: readonly number[]): number[] {
  let line = 1;
  let at = 0;
  return starts.map((start) => {
    for (; at < start; at += 1) if (text.charCodeAt(at) === 10) line += 1;
    return line;
  });
}

function notFound(text: string, old: string, shown: string): string {
  const first = old.split("\n").find((line) => line.trim() !== "") ?? "";
  const same = text
    .split("\n")
    .map((line, index) => ({ line, number: index + 1 }))
    .filter(({ line }) => line.trim() === first.trim())
    .slice(0, 5);
  const [near] = same;
  const hint =
    near === undefined
      ? "No line of it stands there either. Read the file again."
      : `Its first line stands at line ${same.map(({ number }) => number).join(", ")}, so white space or a later line differs. The file has there: ${JSON.stringify(near.line.slice(0, 200))}`;
  return `\`old\` was not found in ${shown}. It must be the exact text, with its white space and without line numbers. ${hint}`;
}
