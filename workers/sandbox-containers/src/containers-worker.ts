// The Worker as a value: proof of every request, then the object of the sandbox it names.
import { SANDBOX_ORIGIN } from "@acos/protocol";

import { ASKER_HEADER, askerHeader } from "./asker.ts";
import { AuthorityRing } from "./authority-ring.ts";
import { CAPABILITIES } from "./capabilities.ts";
import type { Bindings } from "./env.ts";
import { answerTo, refusal } from "./refusals.ts";
import { RequestProof, type ProvenRequest } from "./request-proof.ts";

export interface ContainersWorld {
  readonly now: () => number;
  readonly log: (words: string) => void;
}

export interface ContainersWorker {
  fetch(request: Request, bindings: Bindings): Promise<Response>;
}

/** Makes the Worker in its world. Its only state are keys and what was used up, which may vanish at any time. */
export function createContainersWorker({ now, log }: ContainersWorld): ContainersWorker {
  let wired: { bindings: Bindings; proof: RequestProof } | undefined;
  return {
    async fetch(request, bindings) {
      try {
        const { pathname } = new URL(request.url);
        if (pathname === "/v1/health") return Response.json(CAPABILITIES);
        if (!pathname.startsWith("/v1/sandboxes/"))
          throw refusal("not_found", "There is nothing at this address.");
        if (wired?.bindings !== bindings)
          wired = { bindings, proof: new RequestProof(new AuthorityRing(bindings.AUTHORITY)) };
        const proven = await wired.proof.verify(request, now());
        const object = bindings.SANDBOX_CONTAINERS.getByName(proven.sandbox);
        return await object.fetch(requestToObject(request, proven));
      } catch (error) {
        return answerTo(error, log);
      }
    },
  };
}

/** What the asker wrote itself of who asks is replaced: only this Worker says it to an object. */
function requestToObject(request: Request, proven: ProvenRequest): Request {
  const headers = new Headers(request.headers);
  headers.set(ASKER_HEADER, askerHeader(proven));
  const path = proven.path === "" ? "/" : proven.path;
  return new Request(`${SANDBOX_ORIGIN}${path}${proven.search}`, {
    method: request.method,
    headers,
    redirect: "manual",
    ...(proven.body.length === 0 ? {} : { body: proven.body }),
  });
}
