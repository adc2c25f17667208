// For the launcher: has keys read again and cared for now, and says how it stands. Over an inner binding and nowhere else.
import { WorkerEntrypoint } from "cloudflare:workers";

import type { Bindings } from "./env.ts";
import { logError } from "./log.ts";
import { rereadKeys } from "./open-control-plane.ts";
import { careForKeys } from "./vault/care.ts";

/** Entrypoint bound by the launcher's gateway as KEY_CARE. Answers a CareReport; 503 when it could not be done. */
export class KeyCare extends WorkerEntrypoint<Bindings> {
  override async fetch(): Promise<Response> {
    try {
      return Response.json(await careForKeys(await rereadKeys(this.env)));
    } catch (error) {
      logError("keys could not be cared for", error);
      return new Response(null, { status: 503 });
    }
  }
}
