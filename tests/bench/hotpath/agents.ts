// The Agents Worker with counters round its bindings, and one more path that tells them.
import product from "virtual:product/agents";

import { countedEnvironment, counts } from "./counting-bindings.ts";

// oxlint-disable-next-line import/no-default-export -- the entry of a Worker
export default {
  fetch(request: Request, env: object, context: unknown) {
    if (new URL(request.url).pathname === "/bench-counts") return Response.json(counts);
    return product.fetch(request, countedEnvironment(env), context);
  },
};
