// write_file: a whole text file, new or in place of another.
import { resolvePath, shownPath } from "../files/paths.ts";
import { writeWhole } from "../files/write-file.ts";
import { plural } from "./clip.ts";
import type { ToolWork } from "./tool.ts";

export const writeFile: ToolWork<"write_file"> = async ({ path, content }, { environment }) => {
  const { place } = environment;
  const target = resolvePath(place, path);
  const bytes = Buffer.from(content);
  const etag = await writeWhole(target, [bytes]);
  return {
    text: `Wrote ${shownPath(place, target)}: ${plural(bytes.length, "byte")}, etag ${etag}.`,
  };
};
