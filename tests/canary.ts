// Canaries: values that must not be anywhere, looked for in every spelling in which something may have written them down.
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

/** A place that was looked at: its name and its bytes. */
export interface Place {
  readonly name: string;
  readonly bytes: Buffer;
}

/** Each spelling as the bytes to look for. Base64 has one for each of the three ways in which it can lie among other bytes. */
function spellingsOf(value: string): readonly (readonly [string, Buffer])[] {
  const bytes = Buffer.from(value);
  const hex = bytes.toString("hex");
  const aligned = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64url");
    // The first and the last digits depend on what stands around.
    return text.slice(before === 0 ? 0 : before + 1, -2);
  });
  const escaped = Array.from(value, (one) => one.charCodeAt(0).toString(16));
  return [
    ["plain", bytes],
    ...aligned.map((text) => ["base64url", Buffer.from(text)] as const),
    ...aligned.map(
      (text) => ["base64", Buffer.from(text.replaceAll("-", "+").replaceAll("_", "/"))] as const,
    ),
    ["hexadecimal", Buffer.from(hex)],
    ["upper hexadecimal", Buffer.from(hex.toUpperCase())],
    ["percent", Buffer.from(escaped.map((code) => `%${code.toUpperCase()}`).join(""))],
    ["JSON escapes", Buffer.from(escaped.map((code) => `\\u${code.padStart(4, "0")}`).join(""))],
    ["HTML entities", Buffer.from(Array.from(value, (one) => `&#${one.charCodeAt(0)};`).join(""))],
    ["UTF-16", Buffer.from(value, "utf16le")],
    ["backwards", Buffer.from(Array.from(value).toReversed().join(""))],
  ];
}

/** Where a value was found, and how it was spelt; nothing of its surroundings. */
export function find(value: string, places: readonly Place[]): string[] {
  const spellings = spellingsOf(value);
  return places.flatMap(({ name, bytes }) =>
    spellings.flatMap(([how, wanted]) => (bytes.includes(wanted) ? [`${name}: ${how}`] : [])),
  );
}

/** All files below a folder but those in the folders that are left out. */
export function filesBelow(folder: string, leftOut: readonly string[]): Place[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !leftOut.includes(relative(folder, path).split("/")[0] ?? ""))
    .map((path) => ({ name: relative(folder, path), bytes: readFileSync(path) }));
}
