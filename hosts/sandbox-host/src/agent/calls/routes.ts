// /tool-calls: an agent's call, its frames from any place on, and its cancelling.
import { sandboxCallSchema } from "@acos/protocol";

import { answerDone, readBody, refusal } from "../answer.ts";
import { streamFrames } from "../frame-stream.ts";
import { placeIn } from "../processes/routes.ts";
import type { Route } from "../route.ts";
import type { CallTable } from "./call-table.ts";

const ONE = /\/tool-calls\/(?<call>[A-Za-z0-9_-]{1,64})/;

export function callRoutes(calls: CallTable): readonly Route[] {
  return [
    {
      method: "POST",
      path: ONE,
      serve: async ({ request, response, params }) => {
        const asked = await readBody(request, sandboxCallSchema);
        if (asked.call !== params["call"])
          throw refusal("invalid_request", "The path names another call than the body.");
        await streamFrames(response, calls.open(asked), { from: 0 });
      },
    },
    {
      method: "GET",
      path: ONE,
      serve: async ({ response, url, params }) => {
        const log = calls.get(params["call"] ?? "");
        await streamFrames(response, log, { from: placeIn(url) });
      },
    },
    {
      method: "DELETE",
      path: ONE,
      serve: async ({ response, params }) => {
        await calls.cancel(params["call"] ?? "");
        answerDone(response);
      },
    },
  ];
}
