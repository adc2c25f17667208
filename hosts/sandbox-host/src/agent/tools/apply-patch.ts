// apply_patch: a unified diff over several files, all of it or nothing.
//
//   parse ─▶ read all and compute all ─▶ write all; where a write fails, what was written is put back
import { lstat, rm } from "node:fs/promises";

import { SANDBOX_BODY_MAX_BYTES } from "@acos/protocol";

import { wordsOf } from "../answer.ts";
import { readWhole } from "../files/open-file.ts";
import { resolvePath, shownPath } from "../files/paths.ts";
import { inTurn, writeWhole } from "../files/write-file.ts";
import type { AgentPlace } from "../route.ts";
import { ToolRefusal } from "./arguments.ts";
import { patchText } from "./patch-text.ts";
import type { ToolWork } from "./tool.ts";
import { parsePatch, PatchError, type PatchFile } from "./unified-diff.ts";

/** A file's bytes before and after; undefined where there is none. */
interface Change {
  readonly path: string;
  readonly before:
    | { readonly bytes: Buffer; readonly etag: string; readonly mode: number }
    | undefined;
  readonly after: Buffer | undefined;
  readonly mode: number | undefined;
}

export const applyPatch: ToolWork<"apply_patch"> = async ({ patch }, { environment }) => {
  const { place } = environment;
  // Patches come one after the other: two of them at once would each see half of the other.
  return await inTurn("apply_patch", async () => {
    const changes = await computed(patch, place);
    await writeAll(changes);
    const lines = changes.map((change) => `${wordOf(change)} ${shownPath(place, change.path)}`);
    return { text: `Applied the patch:\n${lines.join("\n")}` };
  });
};

function wordOf({ before, after }: Change): string {
  if (after === undefined) return "deleted";
  return before === undefined ? "created" : "changed";
}

async function computed(patch: string, place: AgentPlace): Promise<Change[]> {
  try {
    const changes = new Map<string, Change>();
    for (const file of parsePatch(patch)) await addChanges(changes, file, place);
    return [...changes.values()];
  } catch (error) {
    if (!(error instanceof PatchError)) throw error;
    throw new ToolRefusal(`Nothing was changed. ${error.message}`);
  }
}

async function addChanges(
  changes: Map<string, Change>,
  file: PatchFile,
  place: AgentPlace,
): Promise<void> {
  const from = file.from === undefined ? undefined : resolvePath(place, file.from);
  const to = file.to === undefined ? undefined : resolvePath(place, file.to);
  for (const path of new Set([from, to]))
    if (path !== undefined && changes.has(path))
      throw new PatchError(`${shownPath(place, path)} stands in the patch twice: join its hunks.`);
  const name = file.from ?? file.to ?? "";
  const before = from === undefined ? undefined : await contentOf(from, name);
  const text = patchText(textOf(before, name), file.hunks, name);
  if (to === undefined && text !== "")
    throw new PatchError(`${name} is to be deleted, but the patch leaves lines of it.`);
  if (to !== undefined && to !== from && (await lstat(to).catch(() => undefined)))
    throw new PatchError(`${file.to} is there already, and the patch would make it anew.`);
  if (from !== undefined && from !== to)
    changes.set(from, { path: from, before, after: undefined, mode: undefined });
  if (to !== undefined)
    changes.set(to, {
      path: to,
      before: to === from ? before : undefined,
      after: Buffer.from(text),
      mode: before?.mode,
    });
}

async function contentOf(path: string, name: string): Promise<NonNullable<Change["before"]>> {
  try {
    return await readWhole(path, SANDBOX_BODY_MAX_BYTES);
  } catch (error) {
    throw new PatchError(`${name} cannot be read: ${wordsOf(error)}`);
  }
}

function textOf(content: Change["before"], name: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(content?.bytes);
  } catch {
    throw new PatchError(`${name} is not UTF-8 text, so it cannot be patched.`);
  }
}

async function writeAll(changes: readonly Change[]): Promise<void> {
  const done: Change[] = [];
  try {
    // Deleting comes last: until then every old byte is somewhere on the disk.
    const inOrder = [...changes].sort((one, other) => Number(!one.after) - Number(!other.after));
    for (const change of inOrder) {
      await write(change);
      done.push(change);
    }
  } catch (error) {
    const lost = (await Promise.all(done.map(putBack))).flat();
    const state =
      lost.length === 0 ? "Nothing was changed." : `Not put back again: ${lost.join(", ")}.`;
    throw new ToolRefusal(`The patch could not be written: ${wordsOf(error)} ${state}`);
  }
}

async function write({ path, before, after, mode }: Change): Promise<void> {
  if (after === undefined) return await rm(path);
  const condition = before === undefined ? { ifNew: true } : { ifMatch: before.etag };
  await writeWhole(path, [after], { ...condition, mode });
}

/** Answers the path where it could not be put back. */
async function putBack({ path, before }: Change): Promise<string[]> {
  try {
    if (before === undefined) await rm(path, { force: true });
    else await writeWhole(path, [before.bytes], { mode: before.mode });
    return [];
  } catch {
    return [path]; // Told to the caller.
  }
}
