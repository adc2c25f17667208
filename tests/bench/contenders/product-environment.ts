// What the benchmark tells the product's launcher.

/** The embedded limit of frames keeps a client from flooding a group; a benchmark is one that does. */
const UNLIMITED_FRAMES = "1000000000";

/** The launcher's environment. `ACOS_DIST` is passed on, so that bundles made elsewhere can be measured. */
export function productEnvironment(): Record<string, string> {
  const bundles = process.env["ACOS_DIST"];
  const frames = { ACOS_FRAMES_PER_MINUTE: UNLIMITED_FRAMES };
  return bundles ? { ...frames, ACOS_DIST: bundles } : frames;
}
