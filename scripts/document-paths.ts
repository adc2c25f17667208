// The files that our documents name, against the files there are; pure, so that the comparison itself is tested.
import { posix } from "node:path";

/** A path from the root, or the end of a source file's path, in code marks: `packages/trust/SPEC.md`, `log/schema.ts`. */
const NAMED =
  /`((?:packages|workers|hosts|apps|tests|scripts|docs)\/[\w./-]+|(?:[\w-]+\/)*[\w-]+[.]tsx?)`/g;
const LINK = /\]\((?!https?:|#)([^)#\s]+)/g;
const FENCED = /^```.*?^```/gms;

/** Sentences about every file or folder that a document names or links to and that is not there. */
export function pathProblems(
  document: { readonly path: string; readonly text: string },
  files: ReadonlySet<string>,
): string[] {
  const prose = document.text.replaceAll(FENCED, "");
  const folder = posix.dirname(document.path);
  const names = [...prose.matchAll(NAMED)].map(([, name = ""]) => name);
  const links = [...prose.matchAll(LINK)].map(([, link = ""]) => posix.join(folder, link));
  return [...names, ...links]
    .filter((path) => !isThere(path.replace(/\/$/, ""), files))
    .map((path) => `${document.path} names ${path}, which is not there.`);
}

function isThere(path: string, files: ReadonlySet<string>): boolean {
  if (files.has(path)) return true;
  const isSource = /[.]tsx?$/.test(path);
  for (const file of files) {
    if (isSource ? file.endsWith(`/${path}`) : file.startsWith(`${path}/`)) return true;
  }
  return false;
}
