// What the benchmark tells the product's launcher.

/** The embedded limits keep a client from flooding a group or its org; a benchmark is one that does. */
const UNLIMITED = "1000000000";

/** The launcher's environment. `ACOS_DIST` is passed on, so that bundles made elsewhere can be measured. */
export function productEnvironment(): Record<string, string> {
  const bundles = process.env["ACOS_DIST"];
  const limits = {
    ACOS_FRAMES_PER_MINUTE: UNLIMITED,
    ACOS_REQUESTS_PER_MINUTE_USER: UNLIMITED,
    ACOS_REQUESTS_PER_MINUTE_ORG: UNLIMITED,
    ACOS_TOKENS_PER_MINUTE_USER: UNLIMITED,
  };
  return bundles ? { ...limits, ACOS_DIST: bundles } : limits;
}
