// `npm run graph`: writes the picture of who imports whom into ARCHITECTURE.md.
import { readFileSync, writeFileSync } from "node:fs";

import { withPicture } from "./import-picture.ts";
import { readImportGraph } from "./import-graph.ts";

const document = readFileSync("ARCHITECTURE.md", "utf8");
const redrawn = withPicture(document, readImportGraph(process.cwd()));
writeFileSync("ARCHITECTURE.md", redrawn);
console.log(
  redrawn === document ? "ARCHITECTURE.md was up to date." : "ARCHITECTURE.md has the new picture.",
);
