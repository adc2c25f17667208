// The containers' Worker under `wrangler dev` with a container engine: container-lane.sh starts it and says where it listens.
import { TestAuthority, type TestAuthorityKey } from "@acos/testkit";

import { overHttp } from "./http-place.ts";
import type { Target } from "./target.ts";

/** JSON `{url, authority}`, as container-lane.sh sets it: where the Worker listens, and the key that its certificates are signed with. */
const LANE_VARIABLE = "ACOS_CONTAINER_LANE";
const lane = process.env[LANE_VARIABLE];

/** Why it is not run; undefined where it is. */
export const CONTAINER_LEFT_OUT: string | undefined =
  lane === undefined
    ? `The container lane was LEFT OUT: it needs a container engine. Run tests/conformance/sandbox/container-lane.sh as root on Debian.`
    : undefined;

export const CONTAINER: Target | undefined =
  lane === undefined
    ? undefined
    : {
        name: "container",
        features: { programs: true, keepsWorkspace: false, countsSandboxes: false },
        start() {
          const { url, authority } = JSON.parse(lane) as {
            url: string;
            authority: TestAuthorityKey;
          };
          return Promise.resolve({
            ...overHttp(url, {}),
            authority: TestAuthority.from(authority),
            stop: () => Promise.resolve(),
          });
        },
      };
