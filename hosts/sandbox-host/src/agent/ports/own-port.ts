// The port on which the agent itself is asked, where it has one.
import type { AgentEnvironment } from "../environment.ts";

export const ownPortOf = ({ listen }: AgentEnvironment): number | undefined =>
  "port" in listen ? listen.port : undefined;
