// The testkit's host in memory: the suite must hold on it, or tests that use it test against something else.
import { FakeSandboxHost, TestAuthority } from "@acos/testkit";

import type { Target } from "./target.ts";

export const FAKE: Target = {
  name: "fake",
  features: { programs: false, keepsWorkspace: true, countsSandboxes: true },
  async start() {
    const authority = await TestAuthority.create();
    const host = new FakeSandboxHost({ ring: await authority.ring() });
    return {
      authority,
      fetch: ({ method, url, headers, body }) =>
        host.fetch(new Request(url, { method, headers, ...(body.length > 0 ? { body } : {}) })),
      breakLinks: () => host.breakLinks(),
      stop: () => Promise.resolve(),
    };
  },
};
