// The product's own host with its bubblewrap driver, as a process.
import { hostIsThere, startHost } from "./host-process.ts";
import type { Target } from "./target.ts";

/** Undefined where the host is not there and need not be. */
export const BUBBLEWRAP: Target | undefined = hostIsThere()
  ? {
      name: "bubblewrap",
      features: { programs: true, keepsWorkspace: true, countsSandboxes: true },
      start: () => startHost(),
    }
  : undefined;
